"""The catalogue as evidence: kept whole, each time it is another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from agent.judged.catalogue import keep_catalogue, plain
from config.catalogue import STANDARDS, load_catalogue
from evaluators.model.clauses import Clause


async def test_it_is_kept_once_until_it_changes(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "journal.db", SystemClock())

    async def kept(clauses: Sequence[Clause], at: int) -> None:
        await journal.write(partial(keep_catalogue, clauses=clauses, at=at))

    rows = load_catalogue()
    stricter = (replace(rows[0], threshold=Fraction(1), overlaid=("threshold",)), *rows[1:])
    await kept(rows, 1)
    await kept(rows, 2)
    await kept(stricter, 3)
    await kept(rows, 4)
    with History.open(journal.path) as history:
        found = history.query("SELECT at, content FROM catalogue ORDER BY seq")
    await journal.close()
    assert [at for at, _ in found] == [1, 3, 4]
    first = json.loads(found[1][1])[0]
    assert (first["threshold"], first["overlaid"]) == ("1", ["threshold"])


def test_every_row_can_be_kept_with_all_that_it_sets() -> None:
    for clause in (*load_catalogue(), *load_catalogue(STANDARDS)):
        row = json.loads(json.dumps(plain(clause)))
        assert row["id"] == clause.id
        assert row["parameters"] == json.loads(json.dumps(plain(clause.parameters)))
    assert plain({1: frozenset({"b", "a"})}) == {"1": ["a", "b"]}

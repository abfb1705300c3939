"""The pages on kinds that judge by records, held against the code, the catalogue and the worked examples."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from evaluators.registry import KINDS
from tests.evaluators.bookkeeping import rows
from tests.evaluators.cases import TESTCASES
from tests.evaluators.test_record_kinds import KINDS as BY_RECORDS

PAGES = Path(__file__).parents[2] / "docs" / "clauses"


@pytest.mark.parametrize("kind", sorted(BY_RECORDS))
def test_a_page_names_every_parameter_and_every_clause(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    table = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    named = set(re.findall(r"`(\w+)`", table))
    assert named == {each.name for each in fields(KINDS[kind].parameters)}
    for clause in rows().values():
        assert clause.kind != kind or f"`{clause.id}`" in page


@pytest.mark.parametrize("kind", sorted(BY_RECORDS))
def test_its_example_is_one_that_is_run(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"\*\*Example\*\* \(`([a-z0-9-]+)`\)", page)
    assert (TESTCASES / kind / example / "case.toml").is_file()

"""The year's generator by itself: its command, its sets of instants, and what its truth promises."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.year.building import SMALLEST, make_building
from simulators.year.spans import Span, common, holds, length, merged, minus
from simulators.year.year import make

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=8)


def instants(spans: list[Span]) -> set[int]:
    """The whole numbers in any spans."""
    return {at for start, end in spans for at in range(start, end)}


@given(SPANS, SPANS)
def test_sets_of_instants(left: list[Span], right: list[Span]) -> None:
    first, second = merged(left), merged(right)
    assert instants(first) == instants(left)
    assert instants(common(first, second)) == instants(left) & instants(right)
    assert instants(minus(first, second)) == instants(left) - instants(right)
    assert length(first) == len(instants(left))
    assert all(holds(first, at) == (at in instants(left)) for at in range(61))
    assert all(end < start for (_, end), (start, _) in pairwise(first)), "touching ones are one"


@pytest.mark.parametrize("items", [SMALLEST, 137, 500, 1000])
def test_a_building_has_as_many_items_as_asked_for(items: int) -> None:
    units = make_building(items).units()
    assert len({unit.key for unit in units}) == items


def test_too_few_items_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 100"):
        make_building(SMALLEST - 1)


def test_the_command_writes_four_files(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    command = (sys.executable, "-m", "simulators.year", "--seed", "5", "--items", "100", "--out", str(folder))
    subprocess.run(command, check=True)
    assert {path.name for path in folder.iterdir()} == {
        "site.toml",
        "changes.jsonl",
        "records.jsonl",
        "truth.json",
    }


def test_every_month_of_every_item_adds_up() -> None:
    story = make(2, 100, 2026)
    months = {month.name: month.end - month.start for month in story.year.months()}
    for row in story.truth.availability:
        if row["level"] == "item":
            whole = row["up"] + row["down"] + row["planned"] + row["not_required"]
            assert whole == months[row["month"]], row


def test_every_sort_of_failure_is_told() -> None:
    truth = make(1, 200, 2026).truth
    missed = {lapse.clause for lapse in truth.lapses}
    assert {"1.4-daily", "1.4-monthly", "1.4-annual", "1.4-response", "2.1.1-guide", "2.2.1-test"} <= missed
    assert {claim.clause for claim in truth.false_claims} == {"1.4-monthly", "2.2.1-test", "2.2.1-linkage"}
    assert {fault["sort"] for fault in truth.faults} >= {
        "plain",
        "chatter",
        "chain",
        "trapped",
        "undeclared",
        "unseen",
    }

"""``steward gaps``: which gaps are shown, in which order and words."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner, Result

from agent.cli import app
from agent.clock import SystemClock
from agent.gaps.store import add_gap
from agent.journal.journal import Journal
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.times import instant
from tests.gaps.small import Small


def at(text: str) -> int:
    """A local time of the site."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")))


GAPS = (
    Gap(GapCause.QUARANTINE, at("2026-03-03T10:00"), at("2026-03-03T11:00"), lost=7, detail="set aside"),
    Gap(GapCause.STOPPED, at("2026-03-01T08:00"), at("2026-03-01T10:05"), detail="stopped in order"),
    Gap(GapCause.UNREACHABLE, at("2026-03-02T09:00:30"), subject="panel", points=("panel/mode",), detail="[gone]"),
    Gap(GapCause.UNREACHABLE, at("2026-03-02T09:00"), at("2026-03-02T09:30"), subject="old-panel"),
)


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Small]:
    """A site whose agent runs, as far as anybody who reads can tell."""
    found = Small(tmp_path)
    journal = Journal.open(found.journal, SystemClock())
    for gap in GAPS:
        await journal.write(partial(add_gap, gap=gap))
    yield found
    await journal.close()


def asked(site: Small, *words: str) -> Result:
    """What the command does."""
    return CliRunner().invoke(app, ["gaps", str(site.site_file), *words], env={"COLUMNS": "160"})


def rows(site: Small, *words: str) -> list[dict[str, Any]]:
    """The JSON that it prints."""
    result = asked(site, "--json", *words)
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_every_gap_is_shown_the_earliest_first_in_the_sites_zone(site: Small) -> None:
    found = rows(site)
    assert [row["number"] for row in found] == [2, 4, 3, 1]
    assert found[0] == {
        "number": 2,
        "cause": "stopped",
        "device": None,
        "points": [],
        "start": "2026-03-01T08:00:00.000000+08:00",
        "end": "2026-03-01T10:05:00.000000+08:00",
        "open": False,
        "seconds": 7500.0,
        "lost": None,
        "detail": "stopped in order",
    }
    assert (found[2]["open"], found[2]["end"], found[2]["points"]) == (True, None, ["panel/mode"])
    assert found[2]["seconds"] > 0
    assert found[3]["lost"] == 7


def test_the_table_says_the_same_to_a_person(site: Small) -> None:
    lines = [line.split() for line in asked(site).stdout.splitlines()]
    said = "2026-03-01 08:00:00 2026-03-01 10:05:00 2 h 5 min stopped all all – stopped in order"
    assert said.split() in lines
    assert any({"open", "unreachable", "panel", "[gone]"} <= set(line) for line in lines)


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (["--open"], [3]),
        (["--cause", "unreachable"], [4, 3]),
        (["--device", "panel"], [2, 3, 1]),
        (["--device", "old-panel"], [2, 4, 1]),
        (["--device", "panel", "--cause", "unreachable"], [3]),
        (["--from", "2026-03-02T09:30:00+08:00"], [3, 1]),
        (["--to", "2026-03-02T01:00:01Z"], [2, 4]),
        (["--from", "2026-03-01T10:00:00+08:00", "--to", "2026-03-01T10:01:00+08:00"], [2]),
    ],
)
def test_gaps_are_chosen(site: Small, words: list[str], numbers: list[int]) -> None:
    assert [row["number"] for row in rows(site, *words)] == numbers


def test_where_none_is_noted_it_says_so(site: Small) -> None:
    assert rows(site, "--cause", "overflow") == []
    assert asked(site, "--cause", "overflow").stdout == "tower: no such gap is noted\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--cause", "stoped"], 'there is no such cause; did you mean "stopped"?'),
        (["--device", "panels"], 'there is no such device; did you mean "panel"?'),
        (["--from", "yesterday"], "ISO 8601"),
    ],
)
def test_wrong_usage_exits_with_2(site: Small, words: list[str], said: str) -> None:
    result = asked(site, *words)
    assert result.exit_code == 2
    assert said in result.output


def test_without_a_journal_it_says_so_and_exits_with_3(tmp_path: Path) -> None:
    result = asked(Small(tmp_path))
    assert result.exit_code == 3
    assert "there is no journal" in result.output

"""``steward alerts``: what is shown, in which order, and in which words."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.alerting.content import StoredEvent
from agent.alerting.events import Ending, Event, Severity, Stage
from agent.cli import app
from agent.cli.alerts import due_in_words, most_urgent_first
from config.site import load_site
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS
from tests.alerting.scenes import START, an_event
from tests.alerting.setting import Setting
from tests.e2e.site import DEMO


@pytest.fixture
async def site_file(tmp_path: Path) -> Path:
    """A site whose journal has three alerts, one of them over."""
    file = tmp_path / "site.toml"
    shutil.copy(DEMO, file)
    folder = load_site(file).journal_path
    setting = Setting(folder.parent)
    assert setting.path == folder
    urgent = an_event(2, START + 1, Severity.EMERGENCY, stage=Stage.RUNNING, note="[/red] 困人")
    over = an_event(3, START + 2, event=Event.RESOLVED, since=START, ending=Ending.SUPERSEDED)
    await setting.add([an_event(1), urgent, an_event(3), over])
    await setting.journal.close()
    return file


def asked(*words: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(app, ["alerts", *words])
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_the_open_ones_as_json_the_most_urgent_first(site_file: Path) -> None:
    found = json.loads(asked(str(site_file), "--json"))
    assert [(row["about"], row["severity"], row["open"]) for row in found] == [
        ("lift-2 2026-01-01", "emergency", True),
        ("lift-1 2026-01-01", "breach", True),
    ]
    assert found[1]["due"] == "2026-01-02T00:00:00.000000+08:00"
    assert found[1]["due_in_s"] < 0
    assert found[1]["title"] == {"zh": "每日巡检", "en": "Daily round"}


async def test_with_all_those_that_are_over_come_last(site_file: Path) -> None:
    found = json.loads(asked(str(site_file), "--json", "--all"))
    assert [(row["about"], row["open"], row["ending"]) for row in found][2] == (
        "lift-3 2026-01-01",
        False,
        "superseded",
    )


async def test_a_table_for_people(site_file: Path) -> None:
    shown = asked(str(site_file), "--all")
    texts = ("emergency", "每日巡检", "lift-1", "01-01 00:00", "ago", "工程部", "[/red] 困人", "superseded")
    for text in texts:
        assert text in shown


async def test_no_open_alert_is_said(site_file: Path) -> None:
    setting = Setting(load_site(site_file).journal_path.parent)
    ended = (replace(an_event(number), event=Event.RESOLVED, ending=Ending.DONE) for number in (1, 2))
    await setting.add(ended)
    await setting.journal.close()
    assert asked(str(site_file)) == "demo-tower: no alert is open\n"
    assert json.loads(asked(str(site_file), "--json")) == []


def test_without_a_journal_it_says_so_and_exits_with_3(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    shutil.copy(DEMO, file)
    result = CliRunner().invoke(app, ["alerts", str(file), "--json"])
    assert result.exit_code == 3
    assert result.stdout == ""
    assert "there is no journal" in result.stderr


def test_of_one_severity_the_one_due_first_comes_first_and_one_without_last() -> None:
    events = [
        an_event(1, due=None),
        an_event(2, due=START + 2),
        an_event(3, due=START + 1),
        an_event(4, severity=Severity.INFO, due=START),
    ]
    found = most_urgent_first([StoredEvent(number, event) for number, event in enumerate(events)])
    assert [each.seq for each in found] == [2, 1, 0, 3]


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (None, "–"),
        (START + 2 * HOUR_NS + 5 * MINUTE_NS, "in 2 h 5 min"),
        (START, "in 0 s"),
        (START - 3 * DAY_NS - 4 * HOUR_NS, "3 d 4 h ago"),
    ],
)
def test_how_far_away_a_due_time_is(due: int | None, words: str) -> None:
    assert due_in_words(due, START) == words

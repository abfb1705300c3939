"""``steward alerts``: what is shown, in which order, and in which words."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent.alerting.content import StoredEvent
from agent.alerting.events import Ack, Ending, Event, Severity, Stage
from agent.cli import app
from agent.cli.alerts import due_in_words, most_urgent_first
from agent.history.history import History
from agent.records.store import read_all
from config.site import load_site
from evaluators.model.bodies import Acknowledgement
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


def acknowledge(*words: str) -> tuple[int, str, str]:
    """What the command prints, and its exit code."""
    result = CliRunner().invoke(app, ["alerts", "ack", *words])
    return result.exit_code, result.stdout, result.stderr


def acknowledged(site_file: Path) -> list[Acknowledgement]:
    """The acknowledgements on record."""
    with History.open(load_site(site_file).journal_path) as history:
        return [record.body for record in read_all(history) if isinstance(record.body, Acknowledgement)]


@pytest.mark.parametrize("named", [["2"], ["1.4-daily/lift-2 2026-01-01"], ["1.4-daily/lift-2", "2026-01-01"]])
async def test_an_alert_is_acknowledged_by_number_or_key(site_file: Path, named: list[str]) -> None:
    options = (str(site_file), "--by", " 王工 ", "--note", "=已派人")
    code, said, wrong = await asyncio.to_thread(acknowledge, *named, *options)  # it runs a loop of its own
    assert (code, wrong) == (0, "")
    assert said.endswith("1.4-daily/lift-2 2026-01-01: acknowledged by 王工 as emergency, running\n")
    (body,) = acknowledged(site_file)
    assert (body.alert, body.stage, body.severity) == (
        "1.4-daily/lift-2 2026-01-01",
        Stage.RUNNING,
        Severity.EMERGENCY,
    )
    assert (body.person, body.note) == ("王工", "=已派人")
    assert body.at > START


@pytest.mark.parametrize("named", ["4", "3", "1.4-daily/lift-3 2026-01-01"])
async def test_one_that_is_over_is_refused(site_file: Path, named: str) -> None:
    code, said, wrong = acknowledge(named, str(site_file), "--by", "王工")
    assert (code, said) == (1, "")
    assert wrong == (
        "1.4-daily/lift-3 2026-01-01 is over since 2026-01-01 00:00 (superseded);"
        " there is nothing left to acknowledge\n"
    )
    assert acknowledged(site_file) == []


async def test_an_alert_that_there_never_was_is_refused(site_file: Path) -> None:
    assert acknowledge("99", str(site_file), "--by", "王工") == (
        2,
        "",
        "there is no alert 99; steward alerts shows the numbers of those that are open\n",
    )
    code, _, wrong = acknowledge("1.4-daily/lift-4 2026-01-01", str(site_file), "--by", "王工")
    assert code == 2
    assert 'did you mean "1.4-daily/lift-' in wrong
    assert acknowledge(str(site_file), "--by", "王工")[0] == 2
    assert acknowledge("2", str(site_file), "--by", " ")[0] == 2


async def test_where_none_is_open_that_is_said(site_file: Path) -> None:
    setting = Setting(load_site(site_file).journal_path.parent)
    await setting.add(replace(an_event(n), event=Event.RESOLVED, ending=Ending.DONE) for n in (1, 2))
    await setting.journal.close()
    assert acknowledge("x", str(site_file), "--by", "王工")[2] == "there is no alert x; none is open\n"


async def test_what_is_acknowledged_is_shown_with_who_and_when_below_what_is_not(site_file: Path) -> None:
    setting = Setting(load_site(site_file).journal_path.parent)
    ack = Ack(
        record="acknowledgement:1@1",
        at=START,
        person="王工",
        stage=Stage.LAPSED,
        severity=Severity.BREACH,
        note="配件已订",
    )
    await setting.add([replace(an_event(1), event=Event.ACKNOWLEDGED, ack=ack), an_event(5)])
    await setting.journal.close()
    found = json.loads(asked(str(site_file), "--json"))
    assert [row["about"][:6] for row in found] == ["lift-2", "lift-5", "lift-1"]
    assert found[2]["acknowledged"]["by"] == "王工"
    shown = " ".join(asked(str(site_file)).replace("│", "").split())
    for text in ("acknowledged", "王工", "配件已订"):
        assert text in shown


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

"""The command line: messages and exit codes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.e2e.checks import wait_for
from tests.e2e.site import DEMO, Tower, end, steward

WRONG = """
[site]
id = "Tower"
timezone = "Asia/Shangai"

[connections.meters]
protocol = "modbus"

[devices.meter]
connection = "meter"
"""


def test_check_prints_every_error_and_exits_with_2(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text(WRONG, encoding="utf-8")
    checked = steward("check", str(file))
    assert checked.returncode == 2
    lines = checked.stderr.splitlines()
    assert [line.removeprefix(f"{file}: ").partition(":")[0] for line in lines[:-1]] == [
        "site.id",
        "site.timezone",
        "devices.meter.connection",
    ]
    assert lines[-1] == "3 errors in the site file"


def test_check_counts_what_a_right_file_holds() -> None:
    checked = steward("check", str(DEMO))
    assert checked.returncode == 0, checked.stderr
    assert "no errors" in checked.stdout


@pytest.mark.parametrize("command", ["status", "verdicts", "samples", "standing", "alerts"])
def test_without_a_journal_the_reading_commands_say_so_and_exit_with_3(command: str, tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.write()
    asked = steward(command, str(tower.site_file), "--json")
    assert asked.returncode == 3
    assert "there is no journal" in asked.stderr
    assert asked.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "nowhere.toml"], "there is no such file"),
        (["demo", "--for", "soon"], "not a time"),
        (["verdicts", str(DEMO), "--at", "yesterday"], "ISO 8601"),
        (["verdicts", str(DEMO), "--at", "2026-01-01T00:00:00"], "no time zone"),
        (["frobnicate"], "No such command"),
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], said: str) -> None:
    asked = steward(*words)
    assert asked.returncode == 2
    assert said in asked.stderr


def test_no_site_file_anywhere_is_said(tmp_path: Path) -> None:
    asked = steward("check", env={"STEWARD_SITE_FILE": str(tmp_path / "gone.toml")})
    assert asked.returncode == 2
    assert "no site file" in asked.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_agent_within_five_seconds(how: signal.Signals, tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.write()
    agent = tower.start_agent()
    wait_for(lambda: "collecting" in tower.log(), 20)
    second = steward("run", str(tower.site_file), "--for", "5s")
    assert second.returncode == 3
    assert "another process" in second.stderr
    assert end(agent, how) < 5
    assert agent.returncode == 0, tower.log()
    status = tower.ask("status")
    assert not status["running"]
    assert {row["quality"] for row in tower.ask("samples")} <= {"bad", None}, "nobody was there to answer"
    verdicts = json.loads(steward("verdicts", str(tower.site_file), "--json").stdout)
    assert {row["verdict"] for row in verdicts if row["window"]["kind"] == "instant"} == {"undetermined"}

"""With the agent itself, and with a process that is killed: every record counts once."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from agent.alerting.store import all_alerts
from agent.history.history import History
from agent.records.store import read_all
from tests.e2e.checks import wait_for
from tests.e2e.site import DEMO, ROOT, Tower, end, steward

HEAD = "编号,设备编号,报修时间\n"
REPORT = b"a report" * 10_000
KILLS = 4
ROWS = 150


def versions(journal: Path) -> list[str]:
    """The reference of every version kept."""
    with History.open(journal) as history:
        return [record.reference for record in read_all(history)]


def test_records_reach_a_running_agent(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.write()
    orders = tmp_path / "orders.csv"
    orders.write_text(HEAD + "WO-1,lift-1,2026-03-01 08:00\n", encoding="utf-8")
    with tower.agent():
        wait_for(lambda: "collecting" in tower.log(), 30)
        asked = steward("records", "import", str(orders), "--kind", "work-order", str(tower.site_file))
        assert asked.returncode == 0, asked.stderr
        assert asked.stdout == "orders.csv: 1 added, 0 amended, 0 unchanged, 0 refused: work-order:WO-1@1\n"
        draft = tmp_path / "inbox" / ".work-order.csv"
        draft.write_text(HEAD + "WO-2,lift-2,2026-03-01 08:00\n", encoding="utf-8")
        draft.rename(tmp_path / "inbox" / "work-order.csv")
        wait_for(lambda: list((tmp_path / "inbox" / "taken").glob("*Z-work-order.csv")), 20)
    assert versions(tmp_path / "journal.db") == ["work-order:WO-1@1", "work-order:WO-2@1"]


CRITICAL = ("lift-1", "lift-2", "lift-3", "lift-4", "fire-panel", "fire-pump", "generator")


def rung(journal: Path, clause: str) -> list[str]:
    """What happened to the alerts of a clause."""
    with History.open(journal) as history:
        return [each.event.event.value for each in all_alerts(history) if each.event.clause == clause]


def judged(journal: Path) -> bool:
    """Whether there are alerts at all."""
    with History.open(journal) as history:
        return bool(all_alerts(history))


@pytest.mark.parametrize("waiting", [True, False])
def test_what_waited_in_the_inbox_is_known_before_anything_rings(tmp_path: Path, waiting: bool) -> None:
    tower = Tower(tmp_path)
    tower.write()
    if waiting:
        (tmp_path / "inbox").mkdir()
        rows = (f"P-{name},{name},2024-01-01,日常;月度;年度\n" for name in CRITICAL)
        text = "编号,设备编号,生效日期,级别\n" + "".join(rows)
        (tmp_path / "inbox" / "plan.csv").write_text(text, encoding="utf-8")
    with tower.agent():
        wait_for(lambda: "collecting" in tower.log(), 30)
        wait_for(lambda: judged(tmp_path / "journal.db"), 30)
    assert rung(tmp_path / "journal.db", "1.4-plan") == ([] if waiting else ["opened"])


def holding(site: Path) -> subprocess.Popen[str]:
    """A process that holds the journal and watches the inbox."""
    command = [sys.executable, "-m", "tests.records.holder", str(site)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    return process


def test_a_kill_at_any_instant_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "report.pdf").write_bytes(REPORT)
    names = [f"{kill}-{half}" for kill in range(KILLS) for half in (1, 2)]
    for kill in range(KILLS):
        for name in names[2 * kill : 2 * kill + 2]:
            rows = (f"WO-{name}-{row},lift-1,2026-03-01 08:00,report.pdf\n" for row in range(ROWS))
            text = f"{HEAD.strip()},附件\n{''.join(rows)}"
            (inbox / f"work-order-{name}.csv").write_text(text, encoding="utf-8")
        process = holding(site)
        before = len(list(inbox.glob("*.csv")))
        wait_for(lambda before=before: len(list(inbox.glob("*.csv"))) < before, 30)  # type: ignore[misc]  # bound
        time.sleep(0.013 * kill)  # somewhere within the next file
        end(process, signal.SIGKILL)
    process = holding(site)
    try:
        wait_for(lambda: not list(inbox.glob("*.csv")), 30)
    finally:
        end(process, signal.SIGKILL)
    expected = [f"work-order:WO-{name}-{row}@1" for name in names for row in range(ROWS)]
    assert sorted(versions(tmp_path / "journal.db")) == sorted(expected)
    assert len(list((inbox / "taken").glob("*Z-work-order-*.csv"))) == len(names)
    kept = [path for path in (tmp_path / "attachments").iterdir() if not path.name.startswith(".")]
    assert [path.name for path in kept] == [hashlib.sha256(REPORT).hexdigest()]

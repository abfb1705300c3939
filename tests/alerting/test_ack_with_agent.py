"""Acknowledging an alert while the agent runs and holds the journal."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.alerting.events import AlertEvent, Event, Stage
from agent.alerting.store import newest_of
from agent.history.history import History
from tests.e2e.checks import wait_for
from tests.e2e.site import Tower, steward

pytestmark = pytest.mark.slow

KEY = "1.4-ledger@site:demo-tower"


def alert(tower: Tower) -> AlertEvent | None:
    """What happened last to the alert on the ledger."""
    with History.open(tower.folder / "journal.db") as history:
        found = newest_of(history, KEY)
    return None if found is None else found.event


def test_an_acknowledgement_reaches_the_running_agent(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.write()
    with tower.agent():
        wait_for(lambda: "collecting" in tower.log(), 30)
        wait_for(lambda: alert(tower), 30)
        asked = steward("alerts", "ack", KEY, str(tower.site_file), "--by", "王工", "--note", "补录中")
        assert asked.returncode == 0, asked.stderr
        wait_for(lambda: (found := alert(tower)) and found.ack, 30)
        found = alert(tower)
        assert found is not None
        assert found.ack is not None
        assert (found.event, found.stage, found.is_open) == (Event.ACKNOWLEDGED, Stage.NOT_MET, True)
        assert (found.ack.person, found.ack.note) == ("王工", "补录中")

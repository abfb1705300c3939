"""The journal is damaged under the agent: it begins a new one, keeps the old one, and goes on collecting."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from agent.errors import JournalError
from tests.e2e.checks import journaled, wait_for
from tests.e2e.site import Tower
from tests.journal.damaging import break_page, break_payload, flip, place_of

pytestmark = pytest.mark.slow


def collects(tower: Tower) -> bool:
    """Whether there are samples of the last seconds."""
    try:
        return any(row.time > time.time_ns() - 3 * 10**9 for row in journaled(tower))
    except JournalError:  # not there yet
        return False


def test_a_damaged_journal_is_begun_anew_while_it_runs_and_when_it_starts(tmp_path: Path) -> None:
    tower = Tower(tmp_path)
    tower.write()
    path = tmp_path / "journal.db"
    with tower.building("calm"):
        with tower.agent():
            wait_for(lambda: path.exists() and collects(tower), 30)
            wait_for(lambda: tower.ask("status")["judged"], 20)
        before = len(journaled(tower))
        break_payload(path, 3)
        break_page(path, place_of(path, "catalogue", b""))
        with tower.agent() as agent:
            wait_for(lambda: collects(tower), 30)
            wait_for(lambda: len(asides(tower)) == 1, 30)
            wait_for(lambda: tower.ask("status")["journal"]["quarantined_blocks"] == 1, 20)
            wait_for(lambda: collects(tower), 20)
            assert agent.poll() is None
        flip(path, 7)
        with tower.agent() as agent:
            wait_for(lambda: collects(tower), 30)
            wait_for(lambda: not any(file["still_to_take_over"] for file in asides(tower)), 20)
            assert agent.poll() is None
    assert len(asides(tower)) == 2
    assert all((tmp_path / file["file"]).exists() for file in asides(tower))
    assert len(journaled(tower)) > before - 100
    assert tower.log().count("the journal was damaged and is begun anew") == 2
    assert tower.log().count("a block cannot be read and is set aside") <= 1


def asides(tower: Tower) -> list[dict[str, str]]:
    """The files that were set aside, as the command shows them."""
    found: list[dict[str, str]] = tower.ask("status")["journal"]["set_aside"]
    return found

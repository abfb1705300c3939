"""What could not be read is kept, counted and bounded."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from agent import quarantine as module
from agent.cli import app
from agent.clock import SystemClock
from agent.history.history import History
from agent.intake import Intake
from agent.journal.journal import Journal
from agent.quarantine import KEPT_BYTES, Quarantined, quarantined, read_quarantine
from connectors.protocol import Poison
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    yield journal
    await journal.close()


def poison(topic: str = "site/meter", second: int = 0, payload: bytes = b"{", problem: str = "no JSON") -> Poison:
    """One message at a second."""
    return Poison("broker", topic, payload, len(payload), problem, second * SECOND_NS)


def kept(journal: Journal) -> list[Quarantined]:
    """What a reader finds."""
    with History.open(journal.path) as history:
        return read_quarantine(history)


async def test_messages_alike_are_one_row_with_the_newest_payload(journal: Journal) -> None:
    sink = Intake(journal, frozenset(), lambda: Reason.NONE)
    await sink.quarantine([poison(second=3, payload=b"first"), poison("site/other", 4)])
    await sink.quarantine([poison(second=9, payload=b"x" * 10 * KEPT_BYTES), poison(problem="no UTF-8", second=1)])
    newest, other, text = kept(journal)
    whole = 10 * KEPT_BYTES
    assert newest == Quarantined(
        "broker", "site/meter", "no JSON", 3 * SECOND_NS, 9 * SECOND_NS, 2, whole, b"x" * KEPT_BYTES
    )
    assert (other.topic, other.count, other.payload) == ("site/other", 1, b"{")
    assert (text.problem, text.count) == ("no UTF-8", 1)


async def test_the_same_poison_again_and_again_costs_no_more_room(journal: Journal) -> None:
    await journal.quarantine([poison(payload=b"x" * 1000)])
    pages = await journal.write(lambda connection: connection.pragma("page_count"))
    for second in range(1, 20):
        await journal.quarantine([poison(second=second, payload=bytes([second]) * 1000)] * 100)
    assert await journal.write(lambda connection: connection.pragma("page_count")) == pages
    assert [kind.count for kind in kept(journal)] == [1901]


async def test_of_too_many_kinds_the_oldest_is_only_counted(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_KINDS", 3)
    await journal.quarantine([poison(f"site/{n}", n) for n in range(3)] * 2)
    await journal.quarantine([poison("site/0", 5), poison("site/new", 6), poison("site/newer", 7)])
    assert [kind.topic for kind in kept(journal)] == ["site/newer", "site/new", "site/0"]
    with History.open(journal.path) as history:
        assert quarantined(history, read_quarantine(history)) == 9


async def test_text_that_no_file_can_hold_is_kept_readable(journal: Journal) -> None:
    await journal.quarantine([poison("site/\ud800\0" + "x" * 5000)])
    [kind] = kept(journal)
    assert kind.topic.startswith("site/\\ud800")
    assert len(kind.topic) < 1100


SITE = '[site]\nid = "tower"\ntimezone = "Asia/Shanghai"\n'


async def test_the_status_command_shows_them_as_what_they_are(journal: Journal, tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE, encoding="utf-8")
    await journal.quarantine([poison("[bold]site[/bold]/\x1b[31m\n=1+1", payload=b"\x1b[2J\xff{")])
    text = CliRunner().invoke(app, ["status", str(site)])
    assert text.exit_code == 0, text.output
    assert "quarantine: 1 messages that cannot be read" in text.output
    assert "[bold]site[/bold]/\\x1b[31m\\n=1+1" in " ".join(text.output.split())
    assert "\x1b[31m" not in text.output
    [kind] = json.loads(CliRunner().invoke(app, ["status", str(site), "--json"]).output)["quarantine"]["kinds"]
    assert kind["payload"] == r"\x1b[2J\xff{"
    assert kind["first"] == kind["last"] == "1970-01-01T08:00:00.000000+08:00"

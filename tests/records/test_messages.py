"""Records that come as samples: each counts once, wherever the reader is stopped; bad ones are listed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from agent.history.history import History
from agent.records import messages
from agent.records.messages import CURSOR, Messages
from evaluators.model.samples import BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.times import moment
from tests.records.stated import Desk, at, desk
from tests.waiting import until

POINTS = [("desk/records", ValueKind.TEXT), ("lift-1/mode", ValueKind.TEXT), ("lift-1/speed", ValueKind.FLOAT)]
TIME = at("2026-03-01 09:00")


def message(record_id: str = "WO-1", **changes: object) -> str:
    """A work order as a message has it."""
    record = {"kind": "work-order", "id": record_id, "equipment": "lift-1", "reported_at": "2026-03-01 08:00"}
    return json.dumps({**record, **changes})


async def put(to: Desk, *texts: str, time: int = TIME, quality: Quality = Quality.GOOD) -> None:
    """Journal a message a block, and samples of other points beside them."""
    for number, text in enumerate(texts):
        builder = BlockBuilder("broker")
        reason = Reason.NONE if quality is Quality.GOOD else Reason.NOT_COMMISSIONED
        own = time + number * 10**9
        builder.add(1, ValueKind.TEXT, own, text, quality, reason)
        builder.add(2, ValueKind.TEXT, own, message("from another point"))
        builder.add(3, ValueKind.FLOAT, own, 1.5)
        await to.journal.put(builder.build(received=time + 7))


def reader(to: Desk) -> Messages:
    """A new reader of the first point."""
    to.journal.register(POINTS)
    return Messages(to.intake, to.journal, {1: "desk/records"})


async def caught_up(by: Messages, to: Desk) -> None:
    """Let a reader take everything there is."""
    with History.open(to.journal.path) as history:
        await by.catch_up(history)


def cursor(to: Desk) -> int:
    """How far the reader has noted that it came."""
    with History.open(to.journal.path) as history:
        return history.cursors().get(CURSOR, 0)


async def test_a_message_is_a_record_received_when_its_sample_was(tmp_path: Path) -> None:
    async with desk(tmp_path) as to:
        by = reader(to)
        await put(to, message(), json.dumps([json.loads(message("WO-2")), json.loads(message("WO-3"))]))
        await caught_up(by, to)
        assert [(record.id, record.received) for record in to.records] == [
            ("WO-1", TIME + 7), ("WO-2", TIME + 7), ("WO-3", TIME + 7),
        ]  # fmt: skip
        assert cursor(to) == to.journal.position == 2
        assert to.query("SELECT name, taken FROM intake ORDER BY seq") == [
            ("desk/records", 1),
            ("desk/records", 2),
        ]


async def test_uncommissioned_points_bring_records_and_samples_without_a_value_none(tmp_path: Path) -> None:
    async with desk(tmp_path) as to:
        by = reader(to)
        await put(to, message(), quality=Quality.UNCERTAIN)
        builder = BlockBuilder("broker")
        builder.bad(1, ValueKind.TEXT, TIME + 99, Reason.OFFLINE)
        await to.journal.put(builder.build(0))
        await caught_up(by, to)
        assert [record.id for record in to.records] == ["WO-1"]


async def test_what_is_wrong_with_a_message_is_listed_until_its_record_comes_right(tmp_path: Path) -> None:
    async with desk(tmp_path) as to:
        by = reader(to)
        texts = (message(equipment="lift-9"), "{", "[{}]", message("WO-5", attachments="a.pdf"))
        await put(to, *texts)
        await caught_up(by, to)
        assert to.records == []
        places = [f"message of {moment(TIME + number * 10**9).isoformat()}" for number in range(4)]
        assert to.refused == [
            ("desk/records", place)
            for place in sorted([places[1], f"{places[2]}, record 1", "work-order:WO-1", "work-order:WO-5"])
        ]
        await put(to, message(), time=TIME + 60 * 10**9)
        await caught_up(by, to)
        assert ("desk/records", "work-order:WO-1") not in to.refused
        assert len(to.refused) == 3, "a good message says nothing of other bad ones"


async def test_taking_messages_again_changes_nothing(tmp_path: Path) -> None:
    """Killed after a message was taken, before the cursor was noted."""
    async with desk(tmp_path) as to:
        by = reader(to)
        await put(to, message(), message("WO-2", equipment="x"))
        await caught_up(by, to)
        before = (to.records, to.refused, to.query("SELECT * FROM intake"))
        await caught_up(reader(to), to)
        assert (to.records, to.refused, to.query("SELECT * FROM intake")) == before


async def test_it_follows_the_journal_from_its_cursor(tmp_path: Path) -> None:
    async with desk(tmp_path) as to:
        running = asyncio.create_task(reader(to).run())
        await put(to, message())
        await until(lambda: cursor(to) == 1)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        await put(to, message("WO-2"), time=TIME + 60 * 10**9)
        running = asyncio.create_task(reader(to).run())
        await until(lambda: cursor(to) == 2)
        await put(to, message("WO-3"), time=TIME + 120 * 10**9)
        await until(lambda: cursor(to) == 3)
        assert [record.id for record in to.records] == ["WO-1", "WO-2", "WO-3"]
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


async def test_blocks_without_records_move_the_cursor_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "NOTE_EVERY", 3)
    monkeypatch.setattr(messages, "READ_BLOCKS", 2)
    async with desk(tmp_path) as to:
        by = reader(to)
        for number in range(5):
            builder = BlockBuilder("line")
            builder.add(3, ValueKind.FLOAT, TIME + number, 0.5)
            await to.journal.put(builder.build(0))
        await caught_up(by, to)
        assert cursor(to) == 4

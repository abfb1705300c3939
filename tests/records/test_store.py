"""The table of records: versions are added, never changed, and a reader says which row it cannot read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from agent.errors import JournalCorrupt, JournalError, JournalTooNew
from agent.history.history import History
from agent.records.draft import Draft, Taken
from agent.records.store import draft_of, encode, newest_of_kind, read, read_all, stated_digest, take
from evaluators.model.bodies import Instant, Round, WorkOrder
from evaluators.model.records import Attachment, newest
from tests.records.stated import Desk, desk, order


async def taken(at: Desk, *drafts: Draft, received: int = 7) -> Taken:
    """Take drafts as the journal's writer does."""
    return await at.journal.write(lambda connection: take(connection, drafts, received))


async def test_a_record_is_kept_as_it_was_stated(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        draft = replace(order(), author="王", source="cmms", made_at=5, attachments=(Attachment("a", "0" * 64),))
        assert await taken(at, draft) == Taken(added=("work-order:cmms/WO-1@1",))
        (record,) = at.records
        assert (record.received, record.version, record.reference) == (7, 1, "work-order:cmms/WO-1@1")
        assert draft_of(record) == draft
        assert draft_of(record, author="李") == replace(draft, author="李")


async def test_the_same_again_is_no_new_version_and_anything_else_is(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        other = order(cause="belt")
        await taken(at, order())
        assert await taken(at, order(), received=8) == Taken(unchanged=("work-order:WO-1@1",))
        assert await taken(at, other, received=9) == Taken(amended=("work-order:WO-1@2",))
        assert await taken(at, order(), received=10) == Taken(amended=("work-order:WO-1@3",)), "taken back again"
        withdrawn = replace(order(), withdrawn=True)
        assert (await taken(at, withdrawn, encode(withdrawn).draft)).unchanged == ("work-order:WO-1@4",)
        assert [(record.version, record.received) for record in at.records] == [(1, 7), (2, 9), (3, 10), (4, 7)]


async def test_an_older_export_that_is_handed_in_again_does_not_count(tmp_path: Path) -> None:
    january, february = replace(order(cause="belt"), made_at=100), replace(order(cause="motor"), made_at=200)
    async with desk(tmp_path) as at:
        await taken(at, january, received=300)
        await taken(at, february, received=301)
        assert await taken(at, january, received=302) == Taken(unchanged=("work-order:WO-1@1",))
        other = replace(january, author="李")
        assert await taken(at, other, received=303) == Taken(older=("work-order:WO-1@3",))
        assert await taken(at, other, january, february, received=304) == Taken(
            unchanged=("work-order:WO-1@3", "work-order:WO-1@1", "work-order:WO-1@2")
        )
        assert newest(at.records).body == february.body
        march = replace(january, made_at=250)
        assert await taken(at, march, received=305) == Taken(amended=("work-order:WO-1@4",))
        assert newest(at.records).body == january.body


async def test_what_does_not_say_when_it_was_written_down_counts_as_what_was_stated_last(tmp_path: Path) -> None:
    dated = replace(order(cause="motor"), made_at=200)
    async with desk(tmp_path) as at:
        await taken(at, dated, received=300)
        assert await taken(at, order(), received=301) == Taken(amended=("work-order:WO-1@2",))
        assert await taken(at, dated, received=302) == Taken(amended=("work-order:WO-1@3",))


async def test_a_time_of_writing_in_the_future_holds_nothing_up(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await taken(at, replace(order(), made_at=10**18), received=300)
        right = replace(order(cause="belt"), made_at=310)
        assert await taken(at, right, received=320) == Taken(amended=("work-order:WO-1@2",))


async def test_the_newest_of_a_kind(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        gone = replace(order("WO-2"), withdrawn=True)
        await taken(at, replace(order(), made_at=5), replace(order(cause="belt"), made_at=3), order("WO-2"), gone)
        with History.open(at.journal.path) as history:
            (found,) = newest_of_kind(history, WorkOrder)
            assert newest_of_kind(history, Round) == []
        assert found.reference == "work-order:WO-1@1"


async def test_ids_are_of_a_kind_and_source(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        same = Draft(id="WO-1", body=Round(equipment=("lift-1",), performed_at=Instant(1), person="x"))
        result = await taken(at, order(), replace(order(), source="cmms"), same)
        assert result.added == ("work-order:WO-1@1", "work-order:cmms/WO-1@1", "round:WO-1@1")


async def test_readers_follow_by_position(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await taken(at, *(order(f"WO-{number}") for number in range(5)))
        with History.open(at.journal.path) as history:
            first = read(history, 0, 2)
            assert [(seq, record.id) for seq, record in first] == [(1, "WO-0"), (2, "WO-1")]
            assert [record.id for _, record in read(history, first[-1][0])] == ["WO-2", "WO-3", "WO-4"]
            assert [record.id for record in read_all(history)] == [f"WO-{number}" for number in range(5)]


async def test_a_row_written_before_a_field_was_added_states_the_same(tmp_path: Path) -> None:
    """An older version knew no cause: its digest was of less, but the record is the same."""
    async with desk(tmp_path) as at:
        await taken(at, order())

        def write(connection: apsw.Connection) -> None:
            connection.execute("UPDATE record SET body = json_remove(body, '$.cause')")
            body = str(connection.execute("SELECT body FROM record").get)
            connection.execute("UPDATE record SET digest = ?", (stated_digest(order(), body, "[]"),))

        await at.journal.write(write)
        assert at.records[0].body == order().body
        assert await taken(at, order()) == Taken(unchanged=("work-order:WO-1@1",))


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ("kind = 'horoscope'", JournalTooNew, r"record 1 \(horoscope:WO-1@1\): this version knows no such kind"),
        ("body = json_set(body, '$.mood', 'fine')", JournalTooNew, "no field mood in this version; upgrade"),
        ("body = '{'", JournalCorrupt, r"record 1 \(work-order:WO-1@1\): is no JSON object"),
        ("attachments = '{'", JournalCorrupt, "its attachments cannot be read"),
        ("author = 'someone else'", JournalCorrupt, "was changed: its digest differs"),
        ("body = json_set(body, '$.cause', 'another')", JournalCorrupt, "was changed"),
    ],
)
async def test_a_row_that_cannot_be_read_is_named(
    change: str, error: type[JournalError], said: str, tmp_path: Path
) -> None:
    async with desk(tmp_path) as at:
        await taken(at, order())
        await at.journal.write(lambda connection: connection.execute(f"UPDATE record SET {change}").fetchall())
        with pytest.raises(error, match=said):
            _ = at.records


async def test_what_a_damaged_row_stated_cannot_be_the_same(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await taken(at, order())
        damage = "UPDATE record SET body = '{', digest = ''"
        await at.journal.write(lambda connection: connection.execute(damage).fetchall())
        assert await taken(at, order()) == Taken(amended=("work-order:WO-1@2",))


async def test_a_failure_undoes_all(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:

        def fail(connection: apsw.Connection) -> None:
            take(connection, [order()], 1)
            raise RuntimeError("on purpose")

        with pytest.raises(JournalError, match="on purpose"):
            await at.journal.write(fail)
        assert at.records == []

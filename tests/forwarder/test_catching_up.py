"""A backlog never keeps the newest samples waiting, and what arrives in the end is what was journaled."""

from __future__ import annotations

import asyncio
import os
import random
import re
import tracemalloc

import pytest

from agent.lanes import CURSOR, LIVE_UPTO, Lanes, Span
from config.influxdb import InfluxSettings
from evaluators.model.samples import BlockBuilder, Quality, Reason, Sample, ValueKind
from evaluators.model.times import SECOND_NS
from tests.forwarder.fake import STORED, answer, listening
from tests.forwarder.rows import START, Setting, running, stored
from tests.services.influxdb import OwnServer
from tests.serving import serving
from tests.waiting import until

ROUNDS = 6
BLOCK_ROWS = 1000
FEW_BLOCKS = 50
MANY_BLOCKS = int(os.environ.get("STEWARD_FORWARDED_BLOCKS", "300"))
MOST_HELD_BYTES = 8_000_000
LINE = re.compile(r"telemetry,\S*point=(\w)\S* (?:integer=(-?\d+)i,)?quality=(\d)i\S* (\d+)$")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few rows a request."""
    monkeypatch.setattr("agent.batches.BATCH_ROWS", 5)
    monkeypatch.setattr("agent.batches.READ_BLOCKS", 3)


async def backlog(setting: Setting, seconds: int) -> None:
    """Two rows a second, as if nothing had been taken for so long."""
    for n in range(seconds):
        await setting.put_at(n * SECOND_NS, ("i", n * SECOND_NS, n), ("f", n * SECOND_NS, n / 3))


def offsets(lines: list[str]) -> list[int]:
    """The seconds after `START` that lines are of."""
    return [(int(line.rpartition(" ")[2]) - START) // SECOND_NS for line in lines]


@pytest.mark.usefixtures("small_batches")
async def test_the_newest_go_out_beside_a_backlog_and_each_row_once(setting: Setting) -> None:
    await backlog(setting, 60)
    async with listening(lambda lines: STORED) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    assert 59 in offsets([line for request in fake.requests[:2] for line in request])
    assert sorted(offsets(fake.taken)) == sorted([n for n in range(60)] * 2)


@pytest.mark.usefixtures("small_batches")
async def test_a_backlog_full_of_poison_does_not_keep_the_newest_waiting(setting: Setting) -> None:
    await backlog(setting, 40)
    body = '{"code": "unprocessable entity", "message": "no"}'

    def refuse_old(lines: list[str]) -> bytes:
        return answer("422 Refused", body) if min(offsets(lines)) < 30 else STORED

    async with listening(refuse_old) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    first_taken = next(n for n, lines in enumerate(fake.requests) if 39 in offsets(lines))
    assert first_taken <= 1
    assert sorted(set(offsets(fake.taken))) == list(range(30, 40))
    with setting.history() as history:
        assert len(history.dead_letters()) == 60


async def test_a_short_backlog_goes_in_order(setting: Setting) -> None:
    for n in range(30):
        await setting.put_at(n * SECOND_NS // 10, *(("i", n * 1000 + row, row) for row in range(400)))
    async with listening(lambda lines: STORED) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    times = [int(line.rpartition(" ")[2]) for line in fake.taken]
    assert times == sorted(times)


@pytest.mark.usefixtures("small_batches")
async def test_where_even_the_newest_come_too_late_they_begin_anew(setting: Setting) -> None:
    await backlog(setting, 60)
    async with listening(lambda lines: STORED) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(lambda: LIVE_UPTO in cursors(setting))
        for n in range(60, 100):
            await setting.put_at(n * SECOND_NS, ("i", n * SECOND_NS, n))
        begun = len(fake.requests)
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert 99 in offsets([line for request in fake.requests[begun : begun + 3] for line in request])
    assert set(offsets(fake.taken)) == set(range(100))


@pytest.mark.usefixtures("small_batches")
async def test_a_kill_between_two_lanes_costs_only_repetition(setting: Setting) -> None:
    dice = random.Random(3)
    await backlog(setting, 60)
    async with listening(lambda lines: STORED if dice.random() < 0.8 else None) as fake:
        for _ in range(12):
            async with running(setting.forwarder(fake.settings())):
                await asyncio.sleep(dice.uniform(0, 0.05))
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert set(offsets(fake.taken)) == set(range(60))


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_of_one_identity_the_winner_stands_in_the_end_whichever_lane_wrote_last(
    setting: Setting, seed: int
) -> None:
    dice = random.Random(seed)
    for n in range(50):
        builder = BlockBuilder("line")
        for _ in range(dice.randint(1, 3)):
            identity = dice.randint(0, 30)
            if dice.random() < 0.3:
                builder.bad(setting.numbers["i"], ValueKind.INT, START + identity, Reason.TIMEOUT)
            else:
                builder.add(setting.numbers["i"], ValueKind.INT, START + identity, dice.randint(0, 9))
        await setting.journal.put(builder.build(START + n * SECOND_NS))
    async with listening(lambda lines: STORED if dice.random() < 0.9 else None) as fake:
        for _ in range(4):
            async with running(setting.forwarder(fake.settings())):
                await asyncio.sleep(dice.uniform(0, 0.1))
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
    last = {}
    for line in fake.taken:
        found = LINE.match(line)
        assert found is not None, line
        last[int(found[4])] = (found[2] and int(found[2]), int(found[3]))
    with setting.history() as history:
        winners: dict[int, Sample] = {s.time: s for s in history.samples([setting.numbers["i"]])}
    assert last == {time: (sample.value, int(sample.quality)) for time, sample in winners.items()}
    assert Quality.BAD in {sample.quality for sample in winners.values()}


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("values", [(3, 9), (9, 3)])
async def test_what_loses_a_conflict_is_not_written_at_all_once_that_is_known(
    setting: Setting, values: tuple[int, int]
) -> None:
    first, last = values
    await setting.put_at(0, ("i", -1, first))
    await backlog(setting, 60)
    await setting.put_at(60 * SECOND_NS, ("i", -1, last))
    async with listening(lambda lines: STORED) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    written = {line.partition(" ")[2] for line in fake.taken if line.endswith(f" {START - 1}")}
    assert written == {f"integer=9i,quality=0i {START - 1}"}


def cursors(setting: Setting) -> dict[str, int]:
    """Every cursor."""
    with setting.history() as history:
        return history.cursors()


def test_a_span_that_was_jumped_over_says_nothing_any_more() -> None:
    assert Lanes.of({}) == Lanes()
    assert Lanes.of({CURSOR: 3, "influxdb live from": 7, LIVE_UPTO: 9}) == Lanes(3, Span(7, 9))
    assert Lanes.of({CURSOR: 7, "influxdb live from": 7, LIVE_UPTO: 9}).acknowledged == 9
    assert Lanes.of({CURSOR: 9, "influxdb live from": 7, LIVE_UPTO: 9}) == Lanes(9)
    assert Lanes.of({CURSOR: 12, "influxdb live from": 7, LIVE_UPTO: 9}) == Lanes(12)


async def test_health_says_how_far_behind_in_blocks_samples_and_seconds(setting: Setting) -> None:
    old = setting.clock.now() - START - 100 * SECOND_NS
    await setting.put_at(old, ("i", 0, 1), ("i", 1, 2), ("i", 2, 3))
    down = [True]
    async with listening(lambda lines: answer("500 Oops") if down else STORED) as fake:
        forwarder = setting.forwarder(fake.settings())
        async with running(forwarder):
            await until(lambda: fake.requests)
            await setting.put_at(old, ("i", 3, 4))
            await until(lambda: forwarder.health.rows == 4)
            row = forwarder.health_row()
            assert row["lag"] == 2
            assert 100 <= row["lag_s"] < 160
            down.clear()
            await until(lambda: forwarder.health_row()["lag"] == 0)
            row = forwarder.health_row()
            assert (row["lag_rows"], row["lag_s"], row["catching_up"]) == (0, 0.0, False)


@pytest.mark.service
@pytest.mark.slow
async def test_after_an_outage_a_real_server_has_the_newest_before_the_backlog_and_all_in_the_end(
    setting: Setting, own_influxdb: OwnServer
) -> None:
    bucket = own_influxdb.server.new_bucket()
    forwarder = setting.forwarder(bucket.settings())
    async with running(forwarder):
        await setting.put_at(0, ("i", 0, 0))
        await until(setting.delivered)
        await asyncio.to_thread(own_influxdb.stop)
        for n in range(1, 201):
            at = n * SECOND_NS
            await setting.put_at(at, *(("f", at + row, row / 7) for row in range(200)))
        end = setting.journal.position
        await setting.put_at(300 * SECOND_NS, ("t", 300 * SECOND_NS, "live"))
        await asyncio.to_thread(own_influxdb.start)
        await until(lambda: forwarder.health.catching_up, timeout_s=30)
    assert setting.cursor() < end, "the backlog still drains"
    assert list(stored(bucket, "t").values()) == ["live"]
    async with running(setting.forwarder(bucket.settings())):
        await until(setting.delivered, timeout_s=60)
    for point in ("i", "f", "t"):
        assert stored(bucket, point) == setting.journaled(point)


@pytest.mark.parametrize("status", ["204 No Content", "500 Oops"])
async def test_however_long_the_backlog_no_more_of_it_is_held_than_a_few_requests(
    setting: Setting, status: str
) -> None:
    """A boot after days without InfluxDB, whether it is there again or not."""
    peaks: list[int] = []
    requests: list[int] = []
    rows = 0

    def enough() -> bool:
        return setting.delivered() if status.startswith("204") else len(requests) >= 8

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        requests.append(int(head.partition("content-length: ")[2].partition("\r\n")[0]))
        await reader.readexactly(requests[-1])
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()

    for blocks in (FEW_BLOCKS, MANY_BLOCKS):
        for _ in range(blocks):
            await setting.put_floats(rows, BLOCK_ROWS)
            rows += BLOCK_ROWS
        async with serving(handle) as port:
            given = {"url": f"http://127.0.0.1:{port}", "org": "o", "bucket": "b"}
            forwarder = setting.forwarder(InfluxSettings.model_validate(given))
            tracemalloc.start()
            requests.clear()
            async with running(forwarder):
                await until(enough, timeout_s=60)
                peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert max(peaks) < MOST_HELD_BYTES
    assert peaks[1] < peaks[0] * 1.5

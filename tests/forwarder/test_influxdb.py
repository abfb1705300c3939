"""Forwarding to a real InfluxDB: everything arrives once, exactly, whatever happens on the way."""

from __future__ import annotations

import asyncio
import random

import pytest
from structlog.testing import capture_logs

from agent.forwarder import Delivery
from evaluators.model.samples import INT64_MAX, INT64_MIN, BlockBuilder, Quality, Reason, Value, ValueKind
from tests.forwarder.between import between
from tests.forwarder.rows import START, Setting, running, stored
from tests.services.influxdb import InfluxServer, OwnServer
from tests.waiting import until

pytestmark = pytest.mark.service

EXACT: dict[str, list[Value]] = {
    "f": [0.1, -0.0, 1.7976931348623157e308, 5e-324, -273.15, 1e22],
    "i": [INT64_MIN, INT64_MAX, 0, 2**53 + 1, -1],
    "b": [True, False],
    "t": ["", "开", 'say "no"', "back\\slash\\", "two\nlines\r\n", "a,b=c d", "x" * 1000, "\t", "#", "{{x}}"],
}


async def test_every_kind_of_value_and_its_nanosecond_arrive_exactly(
    setting: Setting, influxdb: InfluxServer
) -> None:
    for point, values in EXACT.items():
        await setting.put(*((point, offset, value) for offset, value in enumerate(values)))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    for point, values in EXACT.items():
        arrived = stored(influxdb, point)
        assert arrived == setting.journaled(point)
        assert [arrived["plc", point, START + n] for n in range(len(values))] == values
    floats = stored(influxdb, "f")
    assert repr(floats["plc", "f", START + 1]) == "-0.0"
    assert all(type(value) is int for value in stored(influxdb, "i").values())


async def test_quality_and_reason_arrive_and_a_sample_without_a_value_has_none(
    setting: Setting, influxdb: InfluxServer
) -> None:
    builder = BlockBuilder("line")
    builder.add(setting.numbers["i"], ValueKind.INT, START, 4, Quality.UNCERTAIN, Reason.OVERRIDDEN)
    builder.bad(setting.numbers["i"], ValueKind.INT, START + 1, Reason.TIMEOUT)
    builder.add(setting.numbers["i"], ValueKind.INT, START + 2, 5)
    await setting.journal.put(builder.build(START))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    assert stored(influxdb, "i") == {("plc", "i", START): 4, ("plc", "i", START + 2): 5}
    assert {key[2] - START: quality for key, quality in influxdb.field("quality").items()} == {0: 1, 1: 2, 2: 0}
    assert {key[2] - START: reason for key, reason in influxdb.field("reason").items()} == {
        0: "overridden",
        1: "timeout",
    }


async def test_text_that_no_line_can_hold_does_not_poison_its_batch(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("t", 0, "before"), ("t", 1, "nul\0nul"), ("t", 2, "half \ud83d pair"), ("t", 3, "after"))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    texts = {key[2] - START: text for key, text in stored(influxdb, "t").items()}
    assert texts == {0: "before", 1: "nul\ufffdnul", 2: "half \ufffd pair", 3: "after"}
    with setting.history() as history:
        assert history.dead_letters() == []


async def test_one_poisonous_row_in_a_thousand_is_a_dead_letter_with_the_servers_reason(
    setting: Setting, influxdb: InfluxServer
) -> None:
    influxdb.write(f'telemetry,device=plc,point=i,site=tower,system=hvac integer="text" {START - 1}')
    rows: list[tuple[str, int, Value]] = [("f", offset, offset / 7) for offset in range(999)]
    rows.insert(500, ("i", 500, 7))
    await setting.put(*rows)
    forwarder = setting.forwarder(influxdb.settings())
    async with running(forwarder):
        await until(setting.delivered, timeout_s=30)
    assert stored(influxdb, "f") == setting.journaled("f")
    with setting.history() as history:
        ((sink, point, time, line, reason),) = history.dead_letters()
    assert (sink, point, time) == ("influxdb", setting.numbers["i"], START + 500)
    assert "integer=7i" in line
    assert "field type conflict" in reason
    assert forwarder.health.dead == 1


async def test_a_row_too_long_for_influxdb_is_a_dead_letter_and_its_neighbours_are_stored(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("t", 0, "short"), ("t", 1, "x" * 70_000), ("t", 2, "short"))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    with setting.history() as history:
        dead = {time - START for _, _, time, _, _ in history.dead_letters()}
    assert dead | {key[2] - START for key in stored(influxdb, "t")} == {0, 1, 2}
    assert {0, 2} <= {key[2] - START for key in stored(influxdb, "t")}


async def test_of_two_samples_with_one_identity_influxdb_keeps_the_one_that_wins(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("i", 0, 9), ("i", 1, 1))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
        await setting.put(("i", 0, 3), ("i", 1, 5))
        await until(setting.delivered)
    assert stored(influxdb, "i") == {("plc", "i", START): 9, ("plc", "i", START + 1): 5}


@pytest.mark.parametrize("fate", ["reset", "hang"])
async def test_what_was_stored_although_its_answer_was_lost_is_there_once(
    setting: Setting, influxdb: InfluxServer, fate: str
) -> None:
    lost = 3

    async def back(data: bytes) -> bytes:
        nonlocal lost
        lost -= 1
        if lost >= 0 and fate == "hang":
            await asyncio.Event().wait()
        return b"" if lost >= 0 else data

    await setting.put(*(("i", offset, offset) for offset in range(100)))
    async with between(influxdb.url, back) as url:
        forwarder = setting.forwarder(influxdb.settings(url=url, timeout_s=0.5))
        async with running(forwarder):
            await until(lambda: forwarder.health.state is Delivery.DOWN)
            assert len(stored(influxdb, "i")) == 100
            assert setting.cursor() == 0
            await until(setting.delivered)
    assert stored(influxdb, "i") == setting.journaled("i")


async def test_a_point_that_left_the_site_file_is_still_forwarded(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("i", 0, 1), ("f", 0, 1.5))
    del setting.tags[setting.numbers["f"]]
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    assert stored(influxdb, "f") == {("plc", "f", START): 1.5}


async def test_a_wrong_token_keeps_everything_and_says_what_to_look_at(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("i", 0, 1))
    forwarder = setting.forwarder(influxdb.settings(token="wrong"))
    async with running(forwarder):
        await until(lambda: forwarder.health.state is Delivery.REFUSED)
        await until(lambda: len([wait for wait in setting.clock.asked if wait > 10]) >= 2)
    assert "token" in forwarder.health_row()["detail"]
    assert "wrong" not in forwarder.health_row()["detail"]
    assert (setting.cursor(), forwarder.health_row()["lag"]) == (0, 1)
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    assert stored(influxdb, "i") == setting.journaled("i")


async def test_a_missing_bucket_keeps_everything(setting: Setting, influxdb: InfluxServer) -> None:
    await setting.put(("i", 0, 1))
    forwarder = setting.forwarder(influxdb.settings(bucket="nowhere"))
    async with running(forwarder):
        await until(lambda: forwarder.health.state is Delivery.REFUSED)
    assert setting.cursor() == 0


@pytest.mark.slow
async def test_a_server_that_stops_and_starts_again_gets_everything_and_is_spoken_of_twice(
    setting: Setting, own_influxdb: OwnServer
) -> None:
    bucket = own_influxdb.server.new_bucket()
    forwarder = setting.forwarder(bucket.settings())
    with capture_logs() as logs:
        async with running(forwarder):
            await setting.put(("i", 0, 0))
            await until(setting.delivered)
            await asyncio.to_thread(own_influxdb.stop)
            for offset in range(1, 50):
                await setting.put(("i", offset, offset), ("t", offset, str(offset)))
            await until(lambda: forwarder.health.state is Delivery.DOWN)
            await until(lambda: len(setting.clock.asked) > 5)
            assert forwarder.health_row()["lag"] == 49
            await asyncio.to_thread(own_influxdb.start)
            await until(setting.delivered, timeout_s=30)
            await until(lambda: forwarder.health_row()["lag"] == 0)
    for point in ("i", "t"):
        assert stored(bucket, point) == setting.journaled(point)
    said = [entry["event"] for entry in logs if "samples" in entry["event"]]
    assert said == ["InfluxDB takes samples", "InfluxDB takes no samples", "InfluxDB takes samples"]


async def test_cancelled_again_and_again_it_still_delivers_everything_once(
    setting: Setting, influxdb: InfluxServer
) -> None:
    instants = random.Random(1)
    for offset in range(300):
        await setting.put(("f", offset, offset / 3), ("b", offset, offset % 2 == 0))
    for _ in range(10):
        async with running(setting.forwarder(influxdb.settings())):
            await asyncio.sleep(instants.uniform(0, 0.05))
    async with running(setting.forwarder(influxdb.settings())):
        await until(setting.delivered)
    for point in ("f", "b"):
        assert stored(influxdb, point) == setting.journaled(point)

"""Change of value on real sockets, against a device served by bacpypes3."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from structlog.testing import capture_logs

from connectors.bacnet import cover
from connectors.bacnet.connector import connect
from connectors.bacnet.settings import Connection
from connectors.protocol import BoundConnection, Connector
from evaluators.model.samples import Block
from simulators.bacnet.layout import LAYOUTS
from simulators.building.building import Building
from tests.connectors.bacnet.field import (
    LOOPBACK,
    Notifier,
    Recorder,
    a_connector,
    a_device,
    a_free_port,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.simulators.stations import served
from tests.waiting import until

ANALOG = partial(a_served, "analog-input", presentValue=3.0)
BINARY = partial(a_served, "binary-input", presentValue=0)
COV: dict[str, Any] = {"period_s": 30.0, "poll_s": 0.1, "cov": "unconfirmed"}
SUBSCRIBED = "subscriptions_alive"
PROMPT = "lobby-4"
"""A device id whose first poll comes at once."""

rig_of = partial(a_rig, kind=Notifier)


def a_watcher(port: int, *points: Any, timeout_s: float = 0.3, **settings: Any) -> Connector:
    """A connector that subscribes to these points."""
    return a_connector(a_device(port, *points, id=PROMPT, **{**COV, **settings}), timeout_s=timeout_s)


@pytest.mark.parametrize("cov", ["unconfirmed", "confirmed"])
async def test_a_change_is_told_at_once_and_what_is_told_is_not_polled(cov: str) -> None:
    sink = Recorder()
    points = (a_point(1, "analog-input,1"), a_point(2, "binary-input,1", "bool"))
    async with rig_of(ANALOG, BINARY) as rig, running(a_watcher(rig.line.port, *points, cov=cov), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 2)
        assert rig.station.subscribed == [(1, cov == "confirmed", 600)] * 2
        asked = len(rig.station.asked)
        rig.station.get_object_name("analog-input-1").presentValue = 9.5
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: sink.good(1)[-1].value == 9.5 and sink.good(2)[-1].value is True)
        await asyncio.sleep(0.3)
        assert len(rig.station.asked) == asked
        assert health().link == "up"
    assert {s.reason.label for s in sink.samples()} == {""}


async def test_a_change_below_the_increment_is_found_by_the_confirming_poll_and_is_no_doubt() -> None:
    sink = Recorder()
    async with rig_of(ANALOG) as rig:
        watcher = a_watcher(rig.line.port, a_point(1, "analog-input,1"), period_s=0.3)
        async with running(watcher, sink) as health:
            await until(lambda: health().figures[SUBSCRIBED] == 1)
            rig.station.get_object_name("analog-input-1").presentValue = 3.5
            await until(lambda: sink.good(1)[-1].value == 3.5)
            seen = len(sink.good(1))
            await until(lambda: len(sink.good(1)) > seen + 4)
            assert health().figures["subscriptions_found_dead"] == 0
            assert len(rig.station.subscribed) == 1


async def test_flags_that_are_told_change_the_quality() -> None:
    sink = Recorder()
    points = (a_point(1, "binary-input,1", "bool"), a_point(2, "binary-input,1", "int", property="status-flags"))
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, *points), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        served = rig.station.get_object_name("binary-input-1")
        served.presentValue = 1
        await until(lambda: sink.last() == {1: (True, "good", ""), 2: (0, "good", "")})
        all_well, out_of_service = bytes.fromhex("2e8204002f"), bytes.fromhex("2e8204102f")
        rig.line.mangle = lambda datagram: [datagram.replace(all_well, out_of_service)]
        served.presentValue = 0
        await until(lambda: sink.last() == {1: (False, "uncertain", "out_of_service"), 2: (8, "good", "")})


async def test_subscriptions_are_renewed_before_half_of_their_lifetime() -> None:
    sink = Recorder()
    loop = asyncio.get_running_loop()
    times: list[float] = []
    async with rig_of(BINARY) as rig:
        station, take = rig.station, rig.station.do_SubscribeCOVRequest

        async def timed(apdu: Any) -> None:
            times.append(loop.time())
            await take(apdu)

        station.do_SubscribeCOVRequest = timed
        point = a_point(1, "binary-input,1", "bool")
        async with running(a_watcher(rig.line.port, point, cov_lifetime_s=2), sink) as health:
            await until(lambda: len(times) == 4)
            assert health().figures[SUBSCRIBED] == 1
    assert all(0.5 < later - earlier < 1.0 for earlier, later in pairwise(times[:4]))


async def test_subscriptions_end_with_the_connector() -> None:
    async with rig_of(ANALOG, BINARY) as rig:
        points = (a_point(1, "analog-input,1"), a_point(2, "binary-input,1", "bool"))
        async with running(a_watcher(rig.line.port, *points), Recorder()) as health:
            await until(lambda: health().figures[SUBSCRIBED] == 2)
            assert rig.station.held == {"analog-input,1", "binary-input,1"}
        assert rig.station.held == set()
        assert rig.station.subscribed[-2:] == [(1, None, None)] * 2


async def test_a_silent_device_does_not_keep_a_stop_waiting() -> None:
    loop = asyncio.get_running_loop()
    async with rig_of(BINARY) as rig:
        watcher = a_watcher(rig.line.port, a_point(1, "binary-input,1", "bool"), timeout_s=30.0)
        async with running(watcher, Recorder()) as health:
            await until(lambda: health().figures[SUBSCRIBED] == 1)
            rig.line.cut = True
            before = loop.time()
        assert loop.time() - before < 4.0


# --- acknowledged once stored


class Slow(Recorder):
    """A sink that takes a block only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()

    async def put(self, block: Block) -> None:
        """Wait, then keep it."""
        await self.open.wait()
        await super().put(block)


async def test_a_confirmed_notification_is_acknowledged_only_once_it_is_stored() -> None:
    sink = Slow()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point, cov="confirmed"), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        await until(lambda: rig.line.count("acknowledgement") == 1)
        sink.open.clear()
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: health().figures["notifications"] == 2)
        await asyncio.sleep(0.2)
        assert rig.line.count("acknowledgement") == 1
        sink.open.set()
        await until(lambda: rig.line.count("acknowledgement") == 2)
        assert sink.good(1)[-1].value is True


async def test_a_repeated_notification_is_acknowledged_again_and_stored_once() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point, cov="confirmed"), sink) as health:
        told: list[bytes] = []

        def twice(datagram: bytes) -> list[bytes]:
            notifies = datagram[6] >> 4 == 0
            told.extend([datagram] * notifies)
            return [datagram] * (1 + notifies)

        rig.line.mangle = twice
        await until(lambda: rig.line.count("acknowledgement"))
        acknowledged = rig.line.count("acknowledgement")
        rig.line.deliver(told[0])
        await until(lambda: rig.line.count("acknowledgement") > acknowledged)
        assert health().figures["notifications"] == 1
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: sink.good(1)[-1].value is True)
        assert health().figures["notifications"] == 2


async def test_a_notification_that_nobody_asked_for_is_denied_and_not_stored() -> None:
    """A device that has a subscription of another time: 1 for multi-state-value,7 of device 12."""
    sink = Recorder()
    told = "0005 33 01 0901 1c0200000c 2c04c00007 390a 4e 0955 2e2105 2f 4f"
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        body = bytes.fromhex(told)
        rig.line.deliver(b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x04" + body)
        await until(lambda: rig.line.count("denial") == 1)
        assert health().figures["notifications"] == 1


UNREADABLE = {
    "a notification that is none": "0005 33 01 0901 1c02",
    "one of another kind": "0005 33 02 0901",
    "one in segments": "0805 33 01 0901",
    "an announcement that is none": "1000 2101",
    "of a device that we do not have": "1000 c402000001 2205c4 9103 2203e7",
}


@pytest.mark.parametrize("apdu", UNREADABLE.values(), ids=UNREADABLE)
async def test_what_cannot_be_read_is_not_answered(apdu: str) -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        body = bytes.fromhex(apdu)
        rig.line.deliver(b"\x81\x0a" + (len(body) + 6).to_bytes(2, "big") + b"\x01\x04" + body)
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: sink.good(1)[-1].value is True)
        assert rig.line.count("acknowledgement") + rig.line.count("denial") == 0


# --- what dies


async def test_where_it_is_refused_it_is_polled_and_the_health_says_so() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig:
        rig.station.refuses = "noSpaceToAddListElement"
        async with running(a_watcher(rig.line.port, point), sink) as health:
            await until(lambda: len(sink.good(1)) > 5)
            assert (
                health().detail
                == "1 of 1 objects polled each 0.1 s instead (BACnet error no-space-to-add-list-element)"
            )
            assert len(rig.station.subscribed) == 1


@pytest.mark.parametrize("answers", [True, False])
async def test_a_device_that_knows_no_subscriptions_is_asked_once(answers: bool) -> None:
    sink = Recorder()
    points = (a_point(1, "analog-input,1"), a_point(2, "binary-input,1", "bool"))
    async with rig_of(ANALOG, BINARY) as rig:
        rig.station.refuses = "unrecognized-service"
        rig.line.mangle = lambda datagram: [datagram] if answers or datagram[6] >> 4 != 6 else []
        async with running(a_watcher(rig.line.port, *points), sink) as health:
            await until(lambda: len(sink.good(1)) > 5)
            assert rig.line.count("subscribe-cov") == 1
            why = "BACnet reject unrecognized-service" if answers else "SubscribeCOV is not answered"
            assert health().detail == f"2 of 2 objects polled each 0.1 s instead ({why})"


async def test_a_device_that_has_restarted_is_asked_again() -> None:
    """It says so by its Time_Of_Device_Restart; nothing of it changes meanwhile."""
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with (
        rig_of(BINARY, timeOfDeviceRestart={"time": (8, 0, 0, 0)}) as rig,
        running(a_watcher(rig.line.port, point), sink) as health,
    ):
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        rig.station.restart()
        rig.station.device_object.timeOfDeviceRestart = {"time": (9, 0, 0, 0)}
        await until(lambda: rig.station.held and health().figures[SUBSCRIBED] == 1)
        assert len(rig.station.subscribed) == 2


async def test_a_device_that_announces_itself_is_asked_again() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point, poll_s=20.0), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        rig.station.restart()
        rig.line.deliver(bytes.fromhex("810b0019 0120ffff00ff 1000 c40200000c 2205c4 9103 2203e7"))
        await until(lambda: bool(rig.station.held))


async def test_a_subscription_that_tells_nothing_is_noticed_by_the_confirming_poll() -> None:
    """The device has forgotten it without having restarted: the poll finds a value that was not told."""
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with (
        rig_of(BINARY) as rig,
        running(a_watcher(rig.line.port, point, period_s=0.4, timeout_s=0.1), sink) as health,
    ):
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        rig.station.restart()
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: bool(rig.station.held))
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        assert health().figures["subscriptions_found_dead"] == 1


async def test_notifications_that_never_arrive_leave_the_object_to_polling() -> None:
    """As behind a firewall that lets only answers through."""
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig:
        rig.line.mangle = lambda datagram: [] if datagram[6] >> 4 == 1 else [datagram]
        async with running(a_watcher(rig.line.port, point, timeout_s=0.1), sink) as health:
            await until(lambda: "notifications do not arrive" in health().detail)
            seen = len(sink.good(1))
            await until(lambda: len(sink.good(1)) > seen + 2)
            assert health().figures["subscriptions_found_dead"] == 3


async def test_a_peer_that_falls_silent_is_noticed_although_nothing_need_be_polled() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        rig.line.cut = True
        await until(lambda: sink.last()[1][2] == "timeout")
        assert health().link == "backing_off"
        rig.station.restart()
        rig.line.cut = False
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        rig.station.get_object_name("binary-input-1").presentValue = 1
        await until(lambda: sink.good(1)[-1].value is True)


async def test_a_device_that_dies_while_it_is_asked_is_lost_like_any_other() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig:
        rig.line.mangle = lambda datagram: [] if rig.line.count("subscribe-cov") else [datagram]
        async with running(a_watcher(rig.line.port, point, timeout_s=0.1), sink) as health:
            await until(lambda: health().link == "backing_off")
            rig.line.mangle = lambda datagram: [datagram]
            await until(lambda: health().figures[SUBSCRIBED] == 1)


async def test_an_acknowledgement_of_another_kind_is_a_refusal() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig:
        rig.line.mangle = lambda datagram: [datagram[:8] + b"\x0f"] if datagram[6] >> 4 == 2 else [datagram]
        async with running(a_watcher(rig.line.port, point), sink) as health:
            await until(lambda: "polled each 0.1 s instead (the answer is for another service)" in health().detail)


async def test_points_beside_a_subscription_keep_being_polled() -> None:
    sink = Recorder()
    points = (
        a_point(1, "analog-input,1"),
        a_point(2, "analog-input,1", property="cov-increment"),
        a_point(3, "binary-input,1", "bool", cov="off"),
    )
    async with rig_of(ANALOG, BINARY) as rig, running(a_watcher(rig.line.port, *points), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        assert [instance for instance, _, _ in rig.station.subscribed] == [1]
        seen = (len(sink.good(2)), len(sink.good(3)))
        await until(lambda: len(sink.good(2)) > seen[0] + 2 and len(sink.good(3)) > seen[1] + 2)


async def test_more_notifications_than_can_wait_are_counted_and_not_acknowledged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cover, "MOST_WAITING", 2)
    sink = Slow()
    point = a_point(1, "binary-input,1", "bool")
    async with rig_of(BINARY) as rig, running(a_watcher(rig.line.port, point, cov="confirmed"), sink) as health:
        await until(lambda: health().figures[SUBSCRIBED] == 1)
        await until(lambda: rig.line.count("acknowledgement") == 1)
        sink.open.clear()
        served = rig.station.get_object_name("binary-input-1")
        for turn in range(6):
            served.presentValue = 1 - served.presentValue
            await until(lambda: sum_of(health().figures) == 2 + turn)  # noqa: B023  # called here
        assert health().figures["notifications_dropped"] >= 2
        told = health().figures["notifications"]
        sink.open.set()
        await until(lambda: rig.line.count("acknowledgement") == told)


def sum_of(figures: Mapping[str, int]) -> int:
    """All notifications that came."""
    return figures["notifications"] + figures["notifications_dropped"]


async def test_an_outage_is_logged_once_and_its_end_once() -> None:
    sink = Recorder()
    point = a_point(1, "binary-input,1", "bool")
    with capture_logs() as logs:
        async with rig_of(BINARY) as rig:
            connector = a_watcher(rig.line.port, point, cov="off", period_s=0.05, timeout_s=0.1)
            async with running(connector, sink) as health:
                await until(lambda: sink.good(1))
                rig.line.cut = True
                await until(lambda: health().errors.get("timeout", 0) >= 2)
                rig.line.cut = False
                seen = len(sink.good(1))
                await until(lambda: len(sink.good(1)) > seen + 2)
    assert [(entry["event"], entry["device"]) for entry in logs] == [
        ("device lost", PROMPT),
        ("device is back", PROMPT),
    ]


async def test_the_simulated_building_tells_its_changes() -> None:
    """A detector and a temperature of the demo's building, as the agent sees them."""
    sink = Recorder()
    async with served() as street:
        settings = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port())
        panel, ahu = (
            a_device(street.ports[device], *points, id=device, instance=LAYOUTS[device].instance, **COV)
            for device, points in {
                "fire-panel": (a_point(1, "life-safety-point,1", "text"), a_point(2, "life-safety-zone,1", "int")),
                "ahu": (a_point(3, "analog-input,1"), a_point(4, "binary-input,1", "bool")),
            }.items()
        )
        connector = connect(BoundConnection("bms", settings, (panel, ahu)))
        async with running(connector, sink):
            await until(lambda: [each.figures[SUBSCRIBED] for each in connector.health()] == [2, 2])
            asked = [each.figures["requests"] for each in connector.health()]
            street.stations["ahu"].show(later())
            wanted = pytest.approx(later()["supply-temperature"], abs=1e-3)
            await until(lambda: sink.good(3)[-1].value == wanted)
            assert [each.figures["requests"] for each in connector.health()] == asked
    assert {s.reason.label for s in sink.samples()} == {""}


def later() -> Any:
    """What the air handling unit shows after a while."""
    return Building(1).readings(90)["ahu"]

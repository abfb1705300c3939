"""How far a BACnet device's clock is ahead: the arithmetic, and what is read of devices on real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from bacpypes3.local.device import DeviceObject
from bacpypes3.primitivedata import Date, Time

from agent.clock import SystemClock
from connectors.bacnet.channel import NoAnswer
from connectors.bacnet.clock import ahead_s, instant, near_midnight
from connectors.bacnet.timepiece import EVERY_S, Timepiece
from connectors.protocol import DeviceHealth
from tests.connectors.bacnet.field import (
    Notifier,
    Recorder,
    Rig,
    Station,
    a_connector,
    a_device,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.simulators.clients import bacnet_client
from tests.simulators.stations import served
from tests.waiting import until

DATE, TIME = bytes((126, 10, 3, 6)), bytes((20, 30, 15, 25))
"""3 October 2026, a Saturday, 20:30:15.25."""
SECOND = 1_000_000_000


def ns(year: int, month: int, day: int, hour: int, minute: int, second: int, microsecond: int) -> int:
    """An instant, ns UTC."""
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return round(whole.timestamp()) * SECOND + microsecond * 1000


# --- the arithmetic


@pytest.mark.parametrize(
    ("offset", "saving", "meant"),
    [
        (0, False, ns(2026, 10, 3, 20, 30, 15, 250_000)),
        (-480, False, ns(2026, 10, 3, 12, 30, 15, 250_000)),  # Shanghai
        (300, False, ns(2026, 10, 4, 1, 30, 15, 250_000)),  # New York in winter
        (300, True, ns(2026, 10, 4, 0, 30, 15, 250_000)),  # New York in summer
        (-60, True, ns(2026, 10, 3, 18, 30, 15, 250_000)),  # Berlin in summer
        (-1440, False, ns(2026, 10, 2, 20, 30, 15, 250_000)),
        (1440, False, ns(2026, 10, 4, 20, 30, 15, 250_000)),
    ],
)
def test_the_offset_is_positive_west_of_greenwich_and_daylight_saving_is_an_hour_ahead(
    offset: int, saving: bool, meant: int
) -> None:
    assert instant(DATE, TIME, offset, saving) == meant


@pytest.mark.parametrize("place", range(4))
def test_an_unspecified_octet_tells_nothing(place: int) -> None:
    spoiled = [bytes(255 if at == place else octet for at, octet in enumerate(whole)) for whole in (DATE, TIME)]
    assert instant(spoiled[0], TIME, 0, False) is None
    assert instant(DATE, spoiled[1], 0, False) is None


@pytest.mark.parametrize(
    ("date", "time", "offset"),
    [
        (DATE[:3], TIME, 0),
        (DATE, TIME + b"\0", 0),
        (bytes((126, 13, 3, 6)), TIME, 0),  # odd months
        (bytes((126, 2, 32, 6)), TIME, 0),  # the last day of the month
        (DATE, bytes((24, 0, 0, 0)), 0),
        (DATE, bytes((20, 30, 15, 100)), 0),
        (DATE, TIME, 1441),
        (DATE, TIME, -1441),
    ],
)
def test_what_is_no_date_time_or_offset_tells_nothing(date: bytes, time: bytes, offset: int) -> None:
    assert instant(date, time, offset, False) is None


@pytest.mark.parametrize(
    ("time", "near"),
    [((23, 58, 59, 99), False), ((23, 59, 0, 0), True), ((0, 0, 59, 99), True), ((0, 1, 0, 0), False)],
)
def test_a_minute_on_either_side_of_midnight_is_near_it(time: tuple[int, ...], near: bool) -> None:
    assert near_midnight(bytes(time)) is near


def test_ahead_is_above_0_counts_from_the_middle_of_the_exchange_and_is_told_to_the_millisecond() -> None:
    assert ahead_s(100 * SECOND, 10 * SECOND, 11 * SECOND) == 89.5
    assert ahead_s(10 * SECOND, 11 * SECOND, 11 * SECOND + 2_468_000) == -1.001


# --- devices


class Watchmaker(DeviceObject):  # type: ignore[misc]  # bacpypes3 is untyped
    """A device object whose clock is ``_ahead`` of the machine's, and whose zone is one where it is about noon."""

    _ahead = timedelta(seconds=90)
    _east = timedelta(0)

    @property
    def localDate(self) -> Any:
        return Date(self.local.date())

    @localDate.setter
    def localDate(self, value: Any) -> None:
        """bacpypes3 sets every property once."""

    @property
    def localTime(self) -> Any:
        return Time(self.local.time())

    @localTime.setter
    def localTime(self, value: Any) -> None:
        """bacpypes3 sets every property once."""

    @property
    def local(self) -> datetime:
        """What its clock shows."""
        return datetime.now(UTC) + self._east + self._ahead


class Unspecified(Watchmaker):
    """Its clock was never set."""

    @property
    def localDate(self) -> Any:
        return Date((255, 255, 255, 255))

    @localDate.setter
    def localDate(self, value: Any) -> None:
        """bacpypes3 sets every property once."""


class Timely(Station):
    """A station that says what its clock shows, which is 90 s ahead."""

    device_class = Watchmaker
    leaves_out: tuple[str, ...] = ()

    def __init__(self, instance: int, where: str, objects: Iterable[Any], **shown: Any) -> None:
        minutes = 60 * (12 - datetime.now(UTC).hour)
        zone = {"utcOffset": -minutes, "daylightSavingsStatus": False} | shown
        kept = {name: value for name, value in zone.items() if name not in self.leaves_out}
        super().__init__(instance, where, objects, **kept)
        saved = timedelta(hours=1 if zone["daylightSavingsStatus"] else 0)
        self.device_object._east = timedelta(minutes=minutes) + saved


class OfNoZone(Timely):
    """It does not say how far from UTC its time is."""

    leaves_out = ("utcOffset",)


class OfNoSeason(Timely):
    """It does not say whether daylight is saved."""

    leaves_out = ("daylightSavingsStatus",)


class Mute(Timely):
    """It never answers what it is asked of its clock."""

    async def do_ReadPropertyMultipleRequest(self, apdu: Any) -> None:
        """As others do, for its points alone."""
        if apdu.listOfReadAccessSpecs[0].objectIdentifier != self.device_object.objectIdentifier:
            await super().do_ReadPropertyMultipleRequest(apdu)


class Subscribable(Timely, Notifier):
    """It tells its changes."""


class NeverSet(Timely):
    """It does not know the date."""

    device_class = Unspecified


@asynccontextmanager
async def polled(
    kind: type[Station], sink: Recorder, most: int = 1000, shown: dict[str, Any] | None = None, **device: Any
) -> AsyncIterator[tuple[Rig, Callable[[], DeviceHealth]]]:
    """A device with one point, read from."""
    objects = [partial(a_served, "analog-input", presentValue=21.5)]
    async with a_rig(*objects, kind=kind, **(shown or {})) as rig:
        rig.station.most = most
        plant = a_device(rig.line.port, a_point(1, "analog-input,1"), **device)
        async with running(a_connector(plant, timeout_s=0.5), sink) as health:
            yield rig, health


UTC_OFFSET = 0x77
LOCAL_TIME = 0x39


def asked_for(rig: Rig, number: int) -> int:
    """How often the agent asked for this property of the device object, in whatever request."""
    device = bytes((0x0C, 0x02, 0x00, 0x00, 12))
    tags = (bytes((0x09, number)), bytes((0x19, number)))
    return sum(device in data and any(tag in data for tag in tags) for data in rig.line.sent)


@pytest.mark.parametrize("kind", [Timely, OfNoSeason])
async def test_a_clock_90_s_ahead_is_told_in_one_question(kind: type[Station]) -> None:
    sink = Recorder()
    async with polled(kind, sink) as (rig, health):
        await until(lambda: health().clock_s is not None)
        assert health().clock_s == pytest.approx(90, abs=0.5)
        told = len(sink.blocks)
        await until(lambda: len(sink.blocks) > told + 3)
        assert asked_for(rig, UTC_OFFSET) == 1, "it is not asked again with every poll"


async def test_daylight_saving_is_taken_into_account() -> None:
    async with polled(Timely, Recorder(), shown={"daylightSavingsStatus": True}) as (_, health):
        await until(lambda: health().clock_s is not None)
        assert health().clock_s == pytest.approx(90, abs=0.5)


@pytest.mark.parametrize(
    ("kind", "most", "max_properties"), [(Timely, 3, 50), (Timely, 1000, 3), (OfNoSeason, 1000, 1)]
)
async def test_where_four_properties_are_too_many_they_are_read_one_by_one(
    kind: type[Station], most: int, max_properties: int
) -> None:
    sink = Recorder()
    async with polled(kind, sink, most, max_properties=max_properties) as (_, health):
        await until(lambda: health().clock_s is not None)
        assert health().clock_s == pytest.approx(90, abs=0.5)
        assert sink.good(1)


@pytest.mark.parametrize("max_properties", [50, 1])
async def test_a_device_without_utc_offset_tells_nothing_is_asked_once_and_its_points_are_read(
    max_properties: int,
) -> None:
    sink = Recorder()
    async with polled(OfNoZone, sink, max_properties=max_properties) as (rig, health):
        await until(lambda: asked_for(rig, UTC_OFFSET) and len(sink.good(1)) > 4)
        assert health().clock_s is None
        assert asked_for(rig, UTC_OFFSET) == 1
        assert all(sample.value == 21.5 for sample in sink.samples(1))


async def test_a_device_that_does_not_know_the_date_tells_nothing() -> None:
    sink = Recorder()
    async with polled(NeverSet, sink) as (rig, health):
        await until(lambda: asked_for(rig, LOCAL_TIME) and len(sink.good(1)) > 2)
        assert health().clock_s is None


async def test_a_device_that_is_silent_about_its_clock_loses_no_sample_of_its_points() -> None:
    sink = Recorder()
    async with polled(Mute, sink) as (rig, health):
        await until(lambda: asked_for(rig, UTC_OFFSET) and len(sink.good(1)) > 4)
        assert (health().clock_s, health().link, asked_for(rig, UTC_OFFSET)) == (None, "up", 1)
        assert len(sink.good(1)) == len(sink.samples(1))


async def test_after_an_outage_it_is_asked_anew() -> None:
    sink = Recorder()
    async with polled(Timely, sink) as (rig, health):
        await until(lambda: health().clock_s is not None)
        rig.line.cut = True
        await until(lambda: health().clock_s is None)
        rig.station.device_object._ahead = timedelta(seconds=-30)
        rig.line.cut = False
        await until(lambda: health().clock_s is not None)
        assert health().clock_s == pytest.approx(-30, abs=0.5)


async def test_the_devices_of_the_simulated_building_tell_the_machines_time() -> None:
    wanted = ["utc-offset", "daylight-savings-status", "local-date", "local-time"]
    async with served() as street, bacnet_client(street.base_port) as client:
        asked = SystemClock().now()
        offset, saving, date, time = await client.read(street.ports["ahu"], [("device,1001", wanted)])
        told = instant(bytes(date), bytes(time), int(offset), bool(saving))
        assert (int(offset), bool(saving)) == (-480, False)
        assert told is not None
        assert asked - SECOND // 100 <= told <= SystemClock().now()


async def test_after_a_restart_it_is_asked_anew() -> None:
    sink = Recorder()
    mark: dict[str, Any] = {"timeOfDeviceRestart": {"time": (8, 0, 0, 0)}}
    objects = [partial(a_served, "binary-input", presentValue=0)]
    async with a_rig(*objects, kind=Subscribable, **mark) as rig:
        plant = a_device(rig.line.port, a_point(1, "binary-input,1", "bool"), cov="unconfirmed", poll_s=0.1)
        async with running(a_connector(plant), sink) as health:
            await until(lambda: health().clock_s == pytest.approx(90, abs=0.5))
            rig.station.device_object._ahead = timedelta(seconds=-30)
            rig.station.restart()
            rig.station.device_object.timeOfDeviceRestart = {"time": (9, 0, 0, 0)}
            await until(lambda: health().clock_s == pytest.approx(-30, abs=0.5))
            assert asked_for(rig, UTC_OFFSET) == 2


# --- when it is asked


class Hands(SystemClock):
    """Its monotonic time is moved by hand."""

    at = 0.0

    def monotonic(self) -> float:
        """As set."""
        return self.at


class Counted:
    """A device at the other end of a channel: answers whatever is asked with ``answer``, or not at all, and counts
    the questions."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.questions = 0

    async def ask(self, service: int, data: bytes) -> bytes:
        """The answer; `NoAnswer` where there is none."""
        self.questions += 1
        if self.answer is None:
            raise NoAnswer("within 1 s")
        return self.answer

    async def tell(self, service: int, data: bytes) -> None:
        """Never asked for here."""
        raise AssertionError


def an_answer(time: bytes) -> bytes:
    """3 October 2026 in Shanghai."""
    properties = {119: b"\x32\xfe\x20", 24: b"\x10", 56: b"\xa4" + DATE, 57: b"\xb4" + time}
    body = b"".join(bytes((0x29, number, 0x4E)) + value + b"\x4f" for number, value in properties.items())
    return b"\x0c\x02\x00\x00\x0c\x1e" + body + b"\x1f"


async def test_it_is_asked_every_ten_minutes() -> None:
    clock, device = Hands(), Counted(an_answer(TIME))
    timepiece = Timepiece(device, 12)
    for at, questions in ((0.0, 1), (EVERY_S - 1, 1), (EVERY_S, 2), (EVERY_S + 1, 2), (2 * EVERY_S, 3)):
        clock.at = at
        await timepiece.look(clock)
        assert device.questions == questions
    assert timepiece.ahead_s is not None


async def test_near_midnight_what_was_told_before_stands() -> None:
    clock, device = Hands(), Counted(an_answer(TIME))
    timepiece = Timepiece(device, 12)
    await timepiece.look(clock)
    before = timepiece.ahead_s
    assert before is not None
    clock.at, device.answer = EVERY_S, an_answer(bytes((0, 0, 0, 5)))
    await timepiece.look(clock)
    assert (timepiece.ahead_s, device.questions) == (before, 2)


async def test_two_questions_in_a_row_without_an_answer_are_the_last_until_it_was_away() -> None:
    clock, device = Hands(), Counted(an_answer(TIME))
    timepiece = Timepiece(device, 12)

    async def look(beat: int) -> None:
        clock.at = beat * EVERY_S
        await timepiece.look(clock)

    await look(0)
    device.answer = None
    await look(1)
    assert timepiece.ahead_s is None
    device.answer = an_answer(TIME)
    await look(2)
    assert timepiece.ahead_s is not None, "one that was lost is forgiven"
    device.answer = None
    for beat in (3, 4, 5, 6):
        await look(beat)
    assert (timepiece.ahead_s, device.questions) == (None, 5)
    timepiece.forget()
    device.answer = an_answer(TIME)
    await look(7)
    assert (timepiece.ahead_s is not None, device.questions) == (True, 6)


@pytest.mark.parametrize("answer", [b"", an_answer(TIME)[:-9], an_answer(TIME).replace(b"\x29\x77", b"\x29\x78")])
async def test_an_answer_that_cannot_be_read_or_answers_something_else_is_no_time(answer: bytes) -> None:
    clock, device = Hands(), Counted(answer)
    timepiece = Timepiece(device, 12)
    await timepiece.look(clock)
    assert timepiece.ahead_s is None
    clock.at = EVERY_S
    await timepiece.look(clock)
    assert timepiece.ahead_s is None

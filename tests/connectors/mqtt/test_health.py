"""The link to one device over what happens to it; ``at`` in ns, ``beat`` in seconds."""

from __future__ import annotations

from connectors.mqtt.decode import Decoded
from connectors.mqtt.health import DeviceWatch
from connectors.protocol import DeviceHealth, Link
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS
from tests.connectors.mqtt.field import TIMED, a_device

GOOD = Decoded(good=1)
BAD = Decoded(bad=(Reason.MISSING, Reason.MISSING), problem="2 of 2 points bad")


def opened(**settings: object) -> DeviceWatch:
    """A watch over a device expected every 10 s, whose session began at second 0."""
    watch = DeviceWatch(a_device("meter", period_s=10, status_topic="site/status", **{**TIMED, **settings}))
    watch.connecting(0)
    watch.opened(0, 0.0)
    watch.subscribed()
    return watch


def seen(watch: DeviceWatch, beat: float, note: str = "") -> tuple[Link, int, str]:
    """Link, since which second, detail."""
    now: DeviceHealth = watch.health(beat, note)
    return now.link, now.since // SECOND_NS, now.detail


def heard(watch: DeviceWatch, second: int, decoded: Decoded = GOOD) -> None:
    """A message at this second."""
    watch.heard(decoded, second * SECOND_NS, float(second))


def test_from_the_start_to_the_first_message() -> None:
    watch = DeviceWatch(a_device("meter", **TIMED))
    assert seen(watch, 0) == (Link.CONNECTING, 0, "not started")
    watch.connecting(2 * SECOND_NS)
    assert seen(watch, 2) == (Link.CONNECTING, 0, "connecting to the broker")
    watch.lost(3 * SECOND_NS, "cannot reach it")
    assert seen(watch, 100) == (Link.BACKING_OFF, 3, "cannot reach it")  # silence is nothing new then
    watch.lost(9 * SECOND_NS, "still not")
    assert seen(watch, 9) == (Link.BACKING_OFF, 3, "still not")
    watch.opened(10 * SECOND_NS, 10.0)
    assert seen(watch, 10) == (Link.CONNECTING, 10, "connected; subscribing")
    watch.subscribed()
    assert seen(watch, 10) == (Link.CONNECTING, 10, "waiting for a message on site/meter")
    heard(watch, 11)
    assert seen(watch, 11) == (Link.UP, 11, "")
    watch.subscribed()
    assert seen(watch, 11) == (Link.UP, 11, "")


def test_silence_begins_after_three_periods_and_ends_with_a_message() -> None:
    watch = opened()
    heard(watch, 5)
    assert seen(watch, 35)[0] is Link.UP
    assert seen(watch, 36) == (Link.DOWN, 35, "nothing on site/meter for 31 s; expected every 10 s")
    assert seen(watch, 50)[1] == 35
    heard(watch, 60)
    assert seen(watch, 60) == (Link.UP, 60, "")


def test_a_device_that_never_says_anything_is_down() -> None:
    assert seen(opened(), 31) == (Link.DOWN, 30, "nothing on site/meter for 31 s; expected every 10 s")


def test_bad_points_degrade_until_they_are_good() -> None:
    watch = opened()
    heard(watch, 1)
    heard(watch, 2, BAD)
    assert seen(watch, 2) == (Link.DEGRADED, 2, "2 of 2 points bad")
    assert watch.health(2).last_good == SECOND_NS
    watch.said_there(3 * SECOND_NS, 3.0)
    assert seen(watch, 3) == (Link.DEGRADED, 2, "2 of 2 points bad")
    heard(watch, 4)
    assert seen(watch, 4) == (Link.UP, 4, "")
    assert watch.health(4).errors == {"missing": 2}


def test_a_device_that_said_goodbye_is_down_however_long() -> None:
    watch = opened()
    heard(watch, 1)
    watch.said_gone(2 * SECOND_NS)
    assert seen(watch, 1000) == (Link.DOWN, 2, "site/status says offline")
    watch.said_there(1001 * SECOND_NS, 1001.0)
    assert seen(watch, 1001) == (Link.UP, 1001, "")
    watch.said_gone(1002 * SECOND_NS)
    heard(watch, 1003)
    assert seen(watch, 1003) == (Link.UP, 1003, "")


def test_what_the_connection_and_the_device_lack_is_said_besides() -> None:
    watch = opened(time="")
    untimed = "messages carry no time: one delivered again cannot be recognised"
    assert seen(watch, 1, "another client")[2] == f"waiting for a message on site/meter; another client; {untimed}"


def test_a_refused_subscription_of_its_own_topic_is_down_until_the_next_session() -> None:
    watch = opened()
    watch.refused(2 * SECOND_NS, "site/meter", "Not authorized")
    refusal = "the broker refuses a subscription to site/meter: Not authorized; allow this client to read it"
    watch.said_there(3 * SECOND_NS, 3.0)
    assert seen(watch, 3) == (Link.DOWN, 2, refusal)
    watch.lost(4 * SECOND_NS, "gone")
    assert seen(watch, 4) == (Link.BACKING_OFF, 4, "gone")
    watch.opened(5 * SECOND_NS, 5.0)
    assert seen(watch, 5) == (Link.CONNECTING, 5, "connected; subscribing")


def test_a_refused_status_topic_degrades_what_would_be_up() -> None:
    watch = opened()
    watch.refused(2 * SECOND_NS, "site/status", "Not authorized")
    heard(watch, 3)
    link, since, detail = seen(watch, 3)
    assert (link, since) == (Link.DEGRADED, 2)
    assert detail.startswith("the broker refuses a subscription to site/status: ")
    assert seen(watch, 40)[:2] == (Link.DOWN, 33)


def test_what_never_became_rows_is_counted() -> None:
    watch = opened()
    watch.missed("lost_messages", 0)
    assert watch.health(0).errors == {}
    watch.missed("lost_messages", 3)
    watch.missed("lost_messages", 2)
    assert watch.health(0).errors == {"lost_messages": 5}


def test_a_devices_clock_is_judged_by_its_fastest_message_of_ten_minutes() -> None:
    watch = opened()
    assert watch.health(1.0).clock_s is None
    for beat, lag_ms in ((10.0, 900), (20.0, 300), (30.0, 5000), (40.0, 400)):
        watch.timed(lag_ms * 1_000_000, beat)
    assert watch.health(40.0).clock_s == -0.3
    watch.timed(2_000_000_000, 621.0)
    assert watch.health(621.0).clock_s == -0.4, "the one of second 20 is too long ago"
    watch.timed(1_500_000_000, 5000.0)
    assert watch.health(5000.0).clock_s == -1.5
    watch.timed(-75_000_000_000, 5001.0)
    now = watch.health(5001.0)
    assert now.clock_s == 75.0
    assert now.detail.endswith("its clock is 75 s ahead: set it; what is over 60 s early is uncertain")

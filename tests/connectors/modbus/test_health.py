"""What is said of a unit."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.modbus.health import Outcome, Standing
from connectors.modbus.plan import Hole
from connectors.protocol import Link
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import a_device, a_point

POINTS = [a_point(n, 10 * n, encoding="uint32" if n == 1 else "uint16") for n in range(7)]


def a_standing(**settings: Any) -> Standing:
    return Standing(a_device("meter", 502, POINTS, unit=3, **settings), 1.5)


def a_hole(address: int, stop: int, table: str = "holding") -> Hole:
    return Hole(table, address, stop, Reason.ILLEGAL_ADDRESS)


def outcome(
    *failed: Reason,
    good: int = 0,
    refused: int = 0,
    holes: tuple[Hole, ...] = (),
    took_s: float = 0.25,
    late: bool = False,
) -> Outcome:
    away = [(point, Reason.ILLEGAL_ADDRESS) for point in POINTS[:refused]]
    asked = good + len(failed)
    return Outcome(good, 77 if good else None, failed, away, holes, took_s, late, requests=asked, saved=3 * good)


def test_before_the_first_poll_nothing_is_known() -> None:
    standing = a_standing()
    assert (standing.health().link, standing.health().detail) == (Link.CONNECTING, "not started")
    standing.begin(5)
    health = standing.health()
    assert (health.link, health.since, health.last_good, health.detail) == (
        Link.CONNECTING,
        5,
        None,
        "not polled yet",
    )


def test_the_link_lasts_since_it_changed_and_errors_add_up() -> None:
    standing = a_standing()
    standing.begin(5)
    for at in (10, 20):
        standing.polled(outcome(good=1), at)
    health = standing.health()
    assert (health.link, health.since, health.last_good, health.round_trip_s) == (Link.UP, 10, 77, 0.25)
    assert health.detail == ""
    for at in (30, 40):
        standing.polled(outcome(Reason.TIMEOUT), at)
    health = standing.health()
    assert (health.link, health.since, health.last_good) == (Link.BACKING_OFF, 30, 77)
    assert health.errors == {"timeout": 2}


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (outcome(Reason.TIMEOUT), "no answer from unit 3 at 127.0.0.1:502 within 1.5 s: check"),
        (outcome(Reason.TIMEOUT, late=True), "answers, but later than timeout_s (1.5 s): raise it"),
        (outcome(Reason.REFUSED), "cannot connect to 127.0.0.1:502: check host and port"),
        (outcome(Reason.OFFLINE), "127.0.0.1:502 closed the connection instead of answering"),
        (outcome(Reason.MISMATCH), "an answer that does not belong to the question"),
        (outcome(Reason.GATEWAY_NO_RESPONSE), "the gateway 127.0.0.1:502 hears nothing from unit 3"),
        (outcome(Reason.ILLEGAL_FUNCTION), "unit 3 at 127.0.0.1:502 knows no such table (exception 01): check"),
        (outcome(Reason.DEVICE_FAILURE), "reports a failure of its own, or a gateway that the unit is not there"),
        (outcome(Reason.DEVICE_BUSY), "is too busy (exception 05 or 06), twice in one poll: poll it less often"),
        (outcome(Reason.GATEWAY_UNAVAILABLE), "the gateway 127.0.0.1:502 has no way to unit 3 (exception 0A)"),
        (outcome(Reason.OTHER_EXCEPTION), "unit 3 at 127.0.0.1:502 answered other_exception"),
        (outcome(good=1, refused=1), "refuses meter/p0 (holding 0: illegal_address): check table"),
        (outcome(good=1, refused=2), "meter/p1 (holding 10-11: illegal_address)"),
        (outcome(good=1, refused=7), "meter/p4 (holding 40: illegal_address) and 2 more: check table"),
    ],
)
def test_the_detail_says_what_is_wrong_and_what_to_do(found: Outcome, said: str) -> None:
    standing = a_standing()
    standing.polled(found, 10)
    assert said in standing.health().detail


def test_a_reason_is_said_once_however_many_requests_failed() -> None:
    standing = a_standing()
    standing.polled(outcome(Reason.DEVICE_BUSY, Reason.DEVICE_BUSY, good=1), 10)
    assert standing.health().detail.count("too busy") == 1
    assert standing.health().errors == {"device_busy": 2}


def test_what_merging_saves_is_counted_and_holes_are() -> None:
    standing = a_standing()
    assert standing.health().figures == {"requests": 0, "requests_saved": 0, "holes": 0}
    standing.polled(outcome(good=2), 10)
    standing.polled(outcome(Reason.MISMATCH, good=1, holes=(a_hole(3, 5),)), 20)
    figures = standing.health().figures
    assert (figures["requests"], figures["requests_saved"], figures["holes"]) == (4, 9, 1)


def test_the_round_trip_that_most_polls_keep_below_is_that_of_the_last_hundred() -> None:
    standing = a_standing()
    for _ in range(50):
        standing.polled(outcome(good=1, took_s=9.0), 10)
    for hundredth in range(100):
        standing.polled(outcome(good=1, took_s=(hundredth + 1) / 100), 20)
    standing.polled(outcome(Reason.TIMEOUT, took_s=77.0), 30)
    assert standing.health().figures["round_trip_p95_us"] == 950_000
    assert standing.health().round_trip_s == 1.0


def test_holes_that_no_point_lies_in_are_told_as_the_manual_writes_them() -> None:
    standing = a_standing()
    standing.polled(outcome(good=1, holes=(a_hole(0, 1), a_hole(42, 45)), refused=1), 10)
    assert "refuses holding 42-44 in one request and is read around it: declare holes" in standing.health().detail
    assert standing.health().detail.count("holding 0") == 1
    standing = a_standing(addressing="modicon-5")
    standing.polled(outcome(good=1, holes=(a_hole(42, 45), a_hole(7, 9, "input")), refused=2), 10)
    said = standing.health().detail
    assert "refuses meter/p0 (40001: illegal_address), meter/p1 (40011-40012: illegal_address): check" in said
    assert "refuses 40043-40045, 30008-30009 in one request" in said
    standing = a_standing(addressing="one")
    standing.polled(outcome(good=1, holes=tuple(a_hole(n, n + 2) for n in range(100, 121, 3))), 10)
    assert "refuses holding 101-102, holding 104-105," in standing.health().detail
    assert "and 2 more in one request" in standing.health().detail

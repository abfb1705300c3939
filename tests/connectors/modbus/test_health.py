"""What is said of a unit."""

from __future__ import annotations

import pytest

from connectors.modbus.health import Outcome, Standing
from connectors.protocol import Link
from evaluators.model.samples import Reason
from tests.connectors.modbus.field import a_device, a_point

POINTS = [a_point(n, 10 * n, encoding="uint32" if n == 1 else "uint16") for n in range(7)]


def a_standing() -> Standing:
    return Standing(a_device("meter", 502, POINTS, unit=3), 1.5)


def outcome(*failed: Reason, good: int = 0, refused: int = 0, late: bool = False) -> Outcome:
    away = [(point, Reason.ILLEGAL_ADDRESS) for point in POINTS[:refused]]
    return Outcome(good, 77 if good else None, failed, away, 0.25, late)


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
        (outcome(Reason.DEVICE_BUSY), "unit 3 at 127.0.0.1:502 answered device_busy"),
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
    assert standing.health().detail.count("device_busy") == 1
    assert standing.health().errors == {"device_busy": 2}

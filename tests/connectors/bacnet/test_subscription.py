"""The life of a subscription: what makes it worth something, and what ends that."""

from __future__ import annotations

import pytest

from connectors.bacnet.decode import Outcome, Reading
from connectors.bacnet.plan import Ask
from connectors.bacnet.subscription import (
    MOST_MISSED,
    NOT_ANSWERED,
    NOT_NOTIFIED,
    Stage,
    Subscription,
)
from connectors.bacnet.tags import ObjectId, Primitive

OBJECT = ObjectId(0, 1)
VALUE = Ask(OBJECT, 85)
FLAGS = Ask(OBJECT, 111)


def a_subscription() -> Subscription:
    """For 100 s; a notification may take 3 s."""
    return Subscription(OBJECT, 1, confirmed=False, lifetime_s=100, grace_s=3.0)


def told(value: Primitive) -> dict[Ask, Reading]:
    """What a notification holds."""
    return {VALUE: Reading((value,)), FLAGS: Reading((0,))}


def polled(value: Primitive, at: int = 10) -> dict[Ask, Outcome]:
    """What a poll read at this instant."""
    return {VALUE: Outcome(Reading((value,)), at)}


def an_alive_one(value: Primitive = 3.0) -> Subscription:
    """Taken at 0 s, told this value at 1 ns."""
    each = a_subscription()
    assert each.must_ask(0.0)
    each.asking()
    each.taken(0.0)
    each.notified(told(value), 1)
    return each


def test_it_is_alive_once_something_was_notified_and_until_its_lease_ends() -> None:
    each = a_subscription()
    each.asking()
    each.taken(0.0)
    assert (each.alive(1.0), each.held(1.0), each.tells(VALUE)) == (False, True, False)
    each.notified(told(3.0), 1)
    assert (each.alive(99.0), each.alive(100.0), each.tells(VALUE)) == (True, False, True)


def test_it_is_renewed_before_half_of_its_lifetime() -> None:
    each = an_alive_one()
    assert 35.0 <= each.due() <= 45.0
    assert not each.must_ask(34.0)
    assert each.must_ask(45.0)
    each.asking()
    each.taken(45.0)
    assert each.alive(144.0), "no notification is waited for"


def test_objects_are_not_all_renewed_at_once() -> None:
    every = [Subscription(ObjectId(0, n), n, False, 100, 3.0) for n in range(50)]
    for each in every:
        each.taken(0.0)
    assert len({round(each.due()) for each in every}) > 5


def test_the_first_notification_may_overtake_the_acknowledgement() -> None:
    each = a_subscription()
    each.asking()
    each.notified(told(3.0), 1)
    each.taken(0.1)
    assert each.alive(50.0)
    assert not each.must_ask(10.0)


def test_without_a_first_notification_it_is_asked_for_afresh_and_then_given_up() -> None:
    each = a_subscription()
    now = 0.0
    for attempt in range(MOST_MISSED):
        assert each.must_ask(now)
        assert each.afresh == (attempt > 0)
        each.asking()
        each.taken(now)
        assert each.due() == now + 3.0
        now += 3.0
    assert not each.must_ask(now)
    assert (each.stage, each.why, each.due()) == (Stage.GIVEN_UP, NOT_NOTIFIED, now + 100)
    assert each.must_ask(now + 100)


def test_a_device_that_tells_the_first_value_and_no_change_is_given_up() -> None:
    each = an_alive_one(0)
    at = 1
    for _ in range(MOST_MISSED):
        each.confirmed_by(50.0, polled(at + 100, at + 1), None)
        assert not each.alive(50.0)
        if each.must_ask(53.0):
            each.asking()
            each.taken(53.0)
            at += 2
            each.notified(told(at), at)
    assert each.stage is Stage.GIVEN_UP


@pytest.mark.parametrize(
    ("told_value", "polled_value", "increment", "doubted"),
    [
        (3.0, 3.0, 1.0, False),
        (3.0, 3.9, 1.0, False),
        (3.0, 4.0, 1.0, True),
        (3.0, 1.0, 1.0, True),
        (3.0, 3.1, 0.0, True),
        (3.0, 99.0, None, False),
        (3.0, float("nan"), 1.0, False),
        (0, 1, None, True),
        (True, True, None, False),
        ("quiet", "alarm", None, True),
        (None, 3.0, 1.0, True),
    ],
)
def test_what_the_device_should_have_told(
    told_value: Primitive, polled_value: Primitive, increment: float | None, doubted: bool
) -> None:
    each = an_alive_one(told_value)
    each.confirmed_by(20.0, polled(polled_value), increment)
    assert each.alive(20.0) is not doubted
    assert each.due() == 23.0 if doubted else each.due() > 23.0


def test_a_doubt_is_settled_by_a_notification() -> None:
    each = an_alive_one(0)
    each.confirmed_by(20.0, polled(1), None)
    each.confirmed_by(21.0, polled(1), None)
    assert each.due() == 23.0, "a second poll does not put it off"
    each.notified(told(1), 11)
    assert each.alive(21.0)
    assert not each.must_ask(24.0)


def test_what_was_told_after_it_was_polled_and_what_could_not_be_read_is_no_doubt() -> None:
    each = an_alive_one(0)
    each.confirmed_by(20.0, polled(1, at=1), None)
    each.confirmed_by(20.0, {VALUE: Outcome(Reading(), 10)}, None)
    each.confirmed_by(20.0, {}, None)
    assert each.alive(20.0)


def test_before_it_is_alive_a_poll_says_nothing() -> None:
    each = a_subscription()
    each.confirmed_by(20.0, polled(1), None)
    assert each.must_ask(20.0)


def test_a_refusal_gives_it_up_for_a_lifetime() -> None:
    each = a_subscription()
    each.asking()
    each.refused(5.0, "no space")
    assert (each.stage, each.why, each.due()) == (Stage.GIVEN_UP, "no space", 105.0)


def test_a_refused_renewal_is_asked_for_anew_once() -> None:
    each = an_alive_one()
    each.asking()
    each.refused(40.0, "unknown")
    assert each.must_ask(40.0)
    assert not each.held(40.0)
    each.asking()
    each.refused(40.0, "unknown")
    assert each.stage is Stage.GIVEN_UP


def test_no_answer_gives_it_up_unless_the_device_still_has_it() -> None:
    each = a_subscription()
    each.asking()
    each.unanswered(5.0)
    assert (each.stage, each.why) == (Stage.GIVEN_UP, NOT_ANSWERED)
    other = an_alive_one()
    other.unanswered(40.0)
    assert (other.stage, other.alive(40.0)) == (Stage.ALIVE, True)
    assert 40.0 < other.due() < 60.0


def test_after_an_outage_everything_is_asked_for_again_even_what_was_given_up() -> None:
    each = an_alive_one()
    each.lost(50.0)
    assert (each.alive(50.0), each.must_ask(50.0), each.tells(VALUE)) == (False, True, False)
    given_up = a_subscription()
    given_up.refused(5.0, "no space")
    given_up.notified(told(1), 7)
    given_up.lost(50.0)
    assert given_up.must_ask(50.0)

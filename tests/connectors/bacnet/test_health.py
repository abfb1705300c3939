"""A device's health, from how its polls go."""

from __future__ import annotations

from connectors.bacnet.health import DeviceWatch
from connectors.protocol import Link
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, ValueKind


def a_block(at: int, **rows: Reason) -> Block:
    """A block of the points p1, p2 … with these reasons."""
    builder = BlockBuilder("bms")
    for name, reason in rows.items():
        point = int(name[1:])
        if reason is Reason.NONE:
            builder.add(point, ValueKind.FLOAT, at, 1.0)
        elif reason.carries_value:
            builder.add(point, ValueKind.FLOAT, at, 1.0, Quality.BAD, reason)
        else:
            builder.bad(point, ValueKind.FLOAT, at, reason)
    return builder.build(at)


def a_watch() -> DeviceWatch:
    """Of a device with nine points."""
    return DeviceWatch("plant", {n: f"plant/p{n}" for n in range(1, 10)})


def test_up_since_the_first_good_poll() -> None:
    watch = a_watch()
    watch.connecting(5)
    watch.polled(a_block(10, p1=Reason.NONE), 0.01)
    watch.polled(a_block(20, p1=Reason.NONE), 0.02)
    health = watch.health()
    assert (health.link, health.since, health.last_good, health.round_trip_s) == (Link.UP, 10, 20, 0.02)
    assert (health.detail, dict(health.errors)) == ("", {})


def test_a_value_with_a_fault_is_an_answer() -> None:
    watch = a_watch()
    watch.polled(a_block(10, p1=Reason.FAULT), 0.01)
    assert (watch.health().link, watch.health().last_good) == (Link.UP, None)


def test_degraded_names_a_few_and_counts_the_rest() -> None:
    watch = a_watch()
    watch.polled(a_block(10, p1=Reason.NONE, p2=Reason.UNKNOWN_OBJECT), 0.01)
    assert watch.health().detail == "1 of 9 points without a value: plant/p2: unknown_object"
    watch.polled(a_block(20, **{f"p{n}": Reason.ABSENT for n in range(1, 6)}), 0.01)
    health = watch.health()
    assert (health.link, health.since) == (Link.DEGRADED, 10)
    assert health.detail == (
        "5 of 9 points without a value: plant/p1: absent, plant/p2: absent, plant/p3: absent and 2 more"
    )
    assert dict(health.errors) == {"unknown_object": 1, "absent": 5}


def test_failures_are_counted_and_say_why() -> None:
    watch = a_watch()
    watch.failed(a_block(10, p1=Reason.TIMEOUT, p2=Reason.TIMEOUT), Link.BACKING_OFF, "no answer")
    watch.failed(a_block(20, p1=Reason.TIMEOUT, p2=Reason.TIMEOUT), Link.BACKING_OFF, "still none")
    health = watch.health()
    assert (health.link, health.since, health.detail) == (Link.BACKING_OFF, 10, "still none")
    assert dict(health.errors) == {"timeout": 4}


def test_what_is_told_counts_like_what_is_polled() -> None:
    watch = a_watch()
    watch.polled(a_block(10, p1=Reason.ABSENT), 0.01)
    watch.told(a_block(20, p1=Reason.NONE))
    watch.polled(a_block(30, p2=Reason.NONE), 0.01)
    health = watch.health({"notifications": 1})
    assert (health.link, health.detail, health.figures) == (Link.UP, "", {"notifications": 1})


def test_a_rival_is_named_whatever_else_there_is_to_say() -> None:
    watch = a_watch()
    watch.polled(a_block(10, p1=Reason.NONE), 0.01)
    watch.rival("10.1.2.9:47808")
    said = "10.1.2.9:47808 has the same device instance: give one of them another"
    assert watch.health().detail == said
    watch.polled(a_block(20, p1=Reason.ABSENT), 0.01)
    assert watch.health().detail == f"1 of 9 points without a value: plant/p1: absent; {said}"

"""Work orders, and what is true of the faults they belong to: when they were answered and repaired."""

from __future__ import annotations

from random import Random

from simulators.year.calendar import HOUR, MINUTE, SECOND, iso
from simulators.year.spans import common
from simulators.year.story import Story, Told

RESPONSE, EMERGENCY_RESPONSE, REPAIR = 30 * MINUTE, 15 * MINUTE, 24 * HOUR


def plan_steps(rng: Random, start: int, end: int, *, emergency: bool) -> dict[str, int]:
    """When an order is made, taken, done and closed: one in fifty of the longer ones is taken too late."""
    limit = EMERGENCY_RESPONSE if emergency else RESPONSE
    reported = start + rng.randint(65, 110) * SECOND
    late = rng.random() < 0.02 and end - start > 2 * HOUR
    if late:
        accepted = start + limit + rng.randint(120, 3000) * SECOND
    else:
        accepted = rng.randrange(reported + 5 * SECOND, start + limit - MINUTE, SECOND)
    arrived = accepted + rng.randint(60, 600) * SECOND
    done = max(end, arrived)
    steps = {
        "reported_at": reported,
        "accepted_at": accepted,
        "arrived_at": arrived,
        "repaired_at": done,
        "verified_at": done + 35 * MINUTE,
        "closed_at": done + rng.randint(1, 20) * HOUR,
    }
    if end - start > REPAIR - 2 * HOUR:
        draw = rng.random()
        if draw < 0.85:
            steps["alternative_at"] = start + rng.randint(60, 1300) * MINUTE
        elif draw < 0.93:
            steps["alternative_at"] = start + REPAIR + rng.randint(10, 100) * MINUTE
    return steps


def write_order(story: Story, told: Told, person: str, technician: str) -> None:
    """The order of a fault, amended as things happen."""
    assert told.order is not None
    machine, _, item = told.key.partition("/")
    story.records.grow(
        "work-order", told.order, told.steps, equipment=machine, item=item, reported_by=person,
        emergency=told.emergency, technician=technician,
    )  # fmt: skip
    if "arrived_at" in told.steps:
        story.visits.setdefault(machine, []).append(told.steps["arrived_at"])


def settle(story: Story) -> None:
    """Note every fault that was told, and what was owed and not done, once all of them are known.

    Whoever is on site is there for every fault of that equipment, for whichever of them they were called.
    """
    for told in story.told:
        _settle(story, told, _answered(story, told))


def _answered(story: Story, told: Told) -> int | None:
    own = [told.steps[key] for key in ("accepted_at", "arrived_at") if key in told.steps]
    visits = story.visits.get(told.key.partition("/")[0], [])
    return min([*own, *(at for at in visits if told.start <= at <= told.end)], default=None)


def is_blind(story: Story, told: Told) -> bool:
    """Whether the wire was cut anywhere near a fault."""
    return bool(common(story.blind(told.key), [(told.start - 2 * HOUR, told.end + 2 * HOUR)]))


def _settle(story: Story, told: Told, answered: int | None) -> None:
    limit = EMERGENCY_RESPONSE if told.emergency else RESPONSE
    month = iso(told.start)[:7]
    in_time = answered is not None and answered <= told.start + limit
    explained_at = told.steps.get("alternative_at")
    unseen = "unseen" * is_blind(story, told)
    story.truth.faults.append(
        {
            "item": told.key,
            "start": told.start,
            "end": told.end,
            "sort": told.sort,
            "month": month,
            "emergency": told.emergency,
            "order": told.order,
            "responded": answered,
            "in_time": in_time if told.counts else None,
            "repaired": told.end <= told.start + REPAIR if told.repairs else None,
            "alternative": explained_at,
            "open": unseen,
        }
    )
    if told.counts and not in_time:
        story.truth.lapse("1.4-response", told.about, told.start + limit, month, why_open=unseen)
    due = told.start + REPAIR
    if told.repairs and told.end > due:
        explained = (
            explained_at is not None and explained_at <= due
        )  # then the text may be read to ask for no more
        story.truth.lapse("1.4-repair", told.about, due, month, why_open=unseen or "reading" * explained)
        if told.counts and not explained:
            story.truth.lapse("1.4-substitute", told.about, due, month, why_open=unseen)

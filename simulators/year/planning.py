"""What was foreseen: planned work, stand-downs, nights; and looks at what has no wire."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from random import Random

from simulators.year.building import NIGHT, Unit
from simulators.year.calendar import DAY, HOUR, MINUTE, at, day_of
from simulators.year.orders import is_blind, write_order
from simulators.year.spans import Span, common, length
from simulators.year.story import Story, Told

ENGINEER = "工程主管"
CLEAR = 30 * HOUR
"""Planned work keeps this far from faults of the same item, except where it is told to begin over one."""


def plan_work(story: Story) -> None:
    """Planned work on one item in eight: most of it in its window, some of it overrun, some declared too late."""
    rng = Random(f"{story.seed} planned")
    units = [unit for unit in story.building.units() if unit.signal is not None and not unit.rests]
    for number, unit in enumerate(rng.sample(units, k=len(units) // 8)):
        day = day_of(story.year.start + rng.randint(10, 350) * DAY)
        start, end = at(day, 9), at(day, 9 + rng.randint(2, 7))
        if _is_busy(story, unit, start, end):
            continue
        sort = rng.choices(("kept", "overrun", "late"), (80, 12, 8))[0]
        finished = end + (rng.randint(30, 240) if sort == "overrun" else -rng.randint(5, 40)) * MINUTE
        begun = start + rng.randint(1, 20) * MINUTE
        declared = begun + 20 * MINUTE if sort == "late" else start - rng.randint(3, 100) * HOUR
        _declare(story, f"D-{number}", unit, "planned", (start, end), declared)
        _work_on(story, unit, begun, finished)
        if sort != "kept":
            since = end if sort == "overrun" else begun
            _on_site(story, f"P-{number}", unit, since, finished)


def plan_over_faults(story: Story) -> None:
    """Work declared in time, but with the fault already there: it stays a fault to its end."""
    rng = Random(f"{story.seed} planned over faults")
    plain = [told for told in story.told if told.sort == "plain" and 8 * HOUR < told.end - told.start < 4 * DAY]
    seen = [told for told in plain if not is_blind(story, told)]
    units = {unit.key: unit for unit in story.building.units()}
    for number, told in enumerate(rng.sample(seen, k=min(6, len(seen)))):
        start = told.start + 3 * HOUR
        _declare(story, f"DF-{number}", units[told.key], "planned", (start, told.end + 2 * HOUR), start - HOUR)


def stand_down(story: Story) -> None:
    """Lifts that an owner takes out over a weekend: declared in time, and twice too late."""
    rng = Random(f"{story.seed} stand-downs")
    cars = [machine.units[0] for machine in story.building.of_kind("lift")]
    for number, unit in enumerate(rng.sample(cars, k=min(len(cars), 8))):
        day = story.year.day(2 + number, 3)
        start, end = at(day, 20), at(day, 20 + 40)
        if _is_busy(story, unit, start, end):
            continue
        late = number in (2, 5)
        _declare(story, f"S-{number}", unit, "not_required", (start, end), start + (HOUR if late else -5 * HOUR))
        _work_on(story, unit, start, end)
        if late:
            _on_site(story, f"SD-{number}", unit, start, end)


def rest(story: Story) -> None:
    """Nights in which some items are not required; a few of them are switched off as well."""
    resting = [unit for unit in story.building.units() if unit.rests]
    nights = [
        (at(day, NIGHT[0]), at(day, 24 + NIGHT[1]))
        for day in (story.year.day(1, 1) - timedelta(days=1), *story.year.days())
    ]
    for unit in resting:
        story.rested.setdefault(unit.key, []).extend(nights)
        if unit.switched_off:
            for start, end in nights:
                _work_on(story, unit, max(start, story.year.start), min(end, story.year.end))


def inspect(story: Story) -> None:
    """Looks at items without a wire every 30 days, now and then too late; what is broken is mended and seen."""
    for unit in story.building.units():
        if unit.signal is None:
            _inspect(story, unit, Random(f"{story.seed} inspections {unit.key}"))


def _inspect(story: Story, unit: Unit, rng: Random) -> None:
    first = story.year.start - rng.randint(2, 28) * DAY + 10 * HOUR
    looks = [(first, True)]
    cursor = first
    while cursor < story.year.end:
        cursor += rng.choices((30, 36), (95, 5))[0] * DAY
        if rng.random() < 24 * 30 / unit.mtbf_h and cursor < story.year.end - 20 * DAY:
            mended = cursor + int(rng.uniform(0.2, 2.0) * unit.mttr_h * 60) * MINUTE
            looks += [(cursor, False), (mended, True)]
            story.fail(unit.key, cursor, mended)
            _report(story, unit, cursor, mended, rng)
            cursor = mended
        else:
            looks.append((cursor, True))
    for number, (when, usable) in enumerate(looks):
        story.records.add(
            "inspection", f"I-{unit.machine}-{number}", when, item=unit.key, performed_at=when, usable=usable,
            person="E-1", imported=number == 0,
        )  # fmt: skip
    for (when, _), (following, _) in pairwise(looks):
        held = when + unit.inspected_days * DAY
        if held < following:
            story.uninspected.setdefault(unit.key, []).append((held, min(following, story.year.end)))


def _report(story: Story, unit: Unit, found: int, mended: int, rng: Random) -> None:
    name = f"W-{unit.machine}-{day_of(found)}"
    steps = {
        "reported_at": found,
        "accepted_at": found + rng.randint(2, 28) * MINUTE,
        "repaired_at": mended - 10 * MINUTE,
        "verified_at": mended,
        "closed_at": mended + HOUR,
    }
    if mended - found > DAY - 2 * HOUR:
        steps["alternative_at"] = found + rng.randint(1, 20) * HOUR
    told = Told(unit.key, ((found, mended),), "reported", unit.emergency, name, steps)
    write_order(story, told, "E-1", "E-2")
    story.told.append(told)


def _declare(story: Story, name: str, unit: Unit, state: str, window: Span, declared: int) -> None:
    start, end = window
    story.records.add(
        "declaration", name, declared, received=declared, author=ENGINEER, items=(unit.key,), state=state,
        start=start, end=end, reason="保养" if state == "planned" else "业主停用",
    )  # fmt: skip
    if declared <= start:
        kept = story.planned if state == "planned" else story.rested
        kept.setdefault(unit.key, []).append(window)


def _work_on(story: Story, unit: Unit, start: int, end: int) -> None:
    assert unit.signal is not None
    story.fail(unit.key, start, end)
    story.wire.show(unit.signal, start, end, unit.bad)


def _on_site(story: Story, name: str, unit: Unit, since: int, end: int) -> None:
    """An order for what became a fault while somebody was there: taken within two minutes."""
    steps = {
        "reported_at": since + MINUTE,
        "accepted_at": since + 2 * MINUTE,
        "arrived_at": since + 2 * MINUTE,
        "repaired_at": end,
        "verified_at": end + 35 * MINUTE,
        "closed_at": end + 2 * HOUR,
    }
    if end - since > 20 * HOUR:
        steps["alternative_at"] = since + HOUR
    told = Told(unit.key, ((since, end),), "undeclared", unit.emergency, name, steps)
    write_order(story, told, "telemetry", "E-3")
    story.told.append(told)


def _is_busy(story: Story, unit: Unit, start: int, end: int) -> bool:
    return length(common(story.down.get(unit.key, []), [(start - CLEAR, end + CLEAR)])) > 0

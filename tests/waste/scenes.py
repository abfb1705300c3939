"""Scenes whose truth is known: a month of meters read each quarter of an hour, by what they draw at an instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from config.waste import load_rules
from evaluators.energy.registers import Register
from evaluators.energy.uses import Nature
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, EnergyItem, Meter
from evaluators.model.site import WeekHours
from evaluators.model.times import DAY_NS, HOUR_NS, instant, moment
from evaluators.model.waste import Finding, Rule, Span, Tariff, Untold
from evaluators.waste.registry import find
from evaluators.waste.scene import MILLION, QUARTER_NS, Quarter, Scene

ZONE = ZoneInfo("Asia/Shanghai")
WEEKDAYS = (0, 1, 2, 3, 4)
OPEN = (WeekHours(WEEKDAYS, 8 * 3600, 18 * 3600),)
"""50 hours a week."""
HOLIDAY = date(2026, 3, 25)
"""A Wednesday without work; the Saturday after it is worked instead."""
CALENDAR = WorkCalendar(frozenset({2026}), frozenset({HOLIDAY}), frozenset({date(2026, 3, 28)}))

Draw = Callable[[datetime], int]
"""What is drawn in the quarter of an hour that begins then (local), in whole W or L/h."""


def at(day: int, hour: int = 0, minute: int = 0, month: int = 3) -> int:
    """An instant of 2026 in the zone."""
    return instant(datetime(2026, month, day, hour, minute, tzinfo=ZONE))


WEEK = Span(at(23), at(30))
"""Monday to Sunday; its Wednesday is a holiday."""


def meter(name: str = "main", **more: object) -> Meter:
    """An electricity meter whose register counts W.h."""
    plain = Meter(name, name, Carrier.ELECTRICITY, f"{name}/e", Fraction(1, 1000), HOUR_NS)
    return replace(plain, **more)  # type: ignore[arg-type]  # the fields' own types


def hvac(name: str = "hvac", **more: object) -> Meter:
    """One of the air conditioning."""
    return meter(name, item=EnergyItem.HVAC, **more)


def water(name: str = "water", **more: object) -> Meter:
    """A water meter whose register counts litres."""
    return meter(name, carrier=Carrier.WATER, **more)


def register(draw: Draw, since: int = at(1), until: int = at(31), step: int = QUARTER_NS) -> Register:
    """Read on each quarter of an hour; a quarter of what is drawn in an hour goes through in one."""
    counts, total = [0], 0
    for start in range(since, until, QUARTER_NS):
        watts = draw(moment(start).astimezone(ZONE))
        assert watts % 4 == 0
        total += watts // 4
        counts.append(total)
    times = list(range(since, until + 1, QUARTER_NS))
    places = [place for place, time in enumerate(times) if time % step == 0]
    found = Register(Nature(2 * HOUR_NS))
    found.take([times[place] for place in places], [counts[place] for place in places])
    return found


def quarters(says: Callable[[datetime], float], span: Span = WEEK) -> list[Quarter]:
    """What a point says in each quarter of an hour of a span, ten times each."""
    found = []
    for start in range(span.start, span.end, QUARTER_NS):
        value = round(says(moment(start).astimezone(ZONE)) * MILLION)
        found.append(Quarter(start + QUARTER_NS, 10, 10 * value, 10 * abs(value)))
    return found


def is_open(local: datetime) -> bool:
    """As the opening hours and the calendar have it, worked out otherwise."""
    works = local.date() == date(2026, 3, 28) or (local.weekday() < 5 and local.date() != HOLIDAY)
    return works and 8 <= local.hour < 18


def by_hours(open_w: int, closed_w: int) -> Draw:
    """One load while it is open, and one while it is closed."""
    return lambda local: open_w if is_open(local) else closed_w


def scene(
    registers: Mapping[Meter, Register],
    span: Span = WEEK,
    points: Mapping[str, list[Quarter]] | None = None,
    tariff: Tariff | None = None,
    open_hours: tuple[WeekHours, ...] = OPEN,
) -> Scene:
    """A site with these meters."""
    return Scene(
        meters=tuple(registers),
        span=span,
        zone=ZONE,
        registers={meter.id: found for meter, found in registers.items()},
        quarters=points or {},
        open_hours=open_hours,
        calendar=CALENDAR,
        tariff=tariff or Tariff(),
    )


def rule(rule_id: str, **changes: object) -> Rule:
    """One of every site's, with other parameters."""
    found = next(each for each in load_rules() if each.id == rule_id)
    return replace(found, parameters=replace(found.parameters, **changes))  # type: ignore[type-var]  # a dataclass


def found(rule_id: str, seen: Scene, **changes: object) -> list[Finding | Untold]:
    """What one rule finds."""
    return list(find([rule(rule_id, **changes)], seen))


def finding(rule_id: str, seen: Scene, **changes: object) -> Finding:
    """The one thing that a rule finds."""
    (each,) = found(rule_id, seen, **changes)
    assert isinstance(each, Finding)
    return each


def hours(spans: tuple[Span, ...]) -> Fraction:
    """What they come to."""
    return Fraction(sum(span.length for span in spans), HOUR_NS)


__all__ = ["DAY_NS", "HOUR_NS"]

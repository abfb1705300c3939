"""Sub-metering (分项计量): whether the four items cover what the building uses, and whether its meters are read.

``items``: the share of the electricity that meters of the four items account for. ``hours``: the share of hours in
which each meter was read throughout. Both tell where meters do not add up.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.energy.balance import Balance, balances, items, of_carrier, whole
from evaluators.energy.metering import Amount, hours_read, settled_ns
from evaluators.energy.using import amount_of, register
from evaluators.facts import Facts
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.energy import Carrier, EnergyItem, Meter
from evaluators.model.site import Site
from evaluators.model.times import HOUR_NS, Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.selection import Mistake, the_site
from evaluators.tally import by_amount
from evaluators.wording import decimal

METER_ERROR = Fraction(2, 100)
"""The share of what it counts by which a meter may be wrong, where nobody says another."""

METERS = True
"""It looks at the registers of meters."""


class Asked(StrEnum):
    """Which of the two is judged."""

    ITEMS = "items"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What is judged, and what may be off."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    judges: Asked
    error: Fraction = METER_ERROR
    """The share of what it counts by which a meter may be wrong, before a balance is said not to hold."""


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site."""
    parameters = parameters_of(clause, Parameters)
    end = min(window.end, facts.as_of)
    meters = of_carrier(facts.site.meters, Carrier.ELECTRICITY)
    if not meters:
        yield _without_meters(clause, facts, window)
    elif parameters.judges is Asked.ITEMS:
        yield _items(clause, facts, window, meters, end, parameters.error)
    else:
        yield _hours(clause, facts, window, end)


def _without_meters(clause: Clause, facts: Facts, window: Window) -> Verdict:
    note = "the site file names no electricity meter"
    lines = (Line(about="meters", mark=Mark.UNKNOWN, note=note),)
    unknown = (Fraction(0), Fraction(1))
    return by_amount(clause, the_site(facts), window, facts.as_of, unknown, lines, note=note)


def _items(
    clause: Clause, facts: Facts, window: Window, meters: list[Meter], end: int, error: Fraction
) -> Verdict:
    of = amount_of(facts, window.start, end)
    all_of_it = whole(meters, of)
    parts = items(meters, of)
    lines = [_item(item, parts.get(item), window) for item in EnergyItem]
    lines += [_balance(found, window) for found in balances(meters, of, error)]
    share = _share(list(parts.values()), all_of_it)
    figures = [("total_kWh", _text(all_of_it))]
    figures += [(f"{item.code}_{item.value}_kWh", _text(found)) for item, found in parts.items()]
    return by_amount(clause, the_site(facts), window, facts.as_of, share, lines, facts=tuple(figures))


def _share(parts: list[Amount], all_of_it: Amount) -> tuple[Fraction, Fraction] | None:
    """What the parts come to of all; never more than all of it. None where nothing was used."""
    low = sum((part.low for part in parts), Fraction(0))
    highs = [part.high for part in parts]
    high = None if None in highs else sum((each for each in highs if each is not None), Fraction(0))
    if all_of_it.high == 0:
        return None
    least = Fraction(0) if all_of_it.high is None else low / all_of_it.high
    most = Fraction(1) if high is None or not all_of_it.low else high / all_of_it.low
    return min(Fraction(1), least), min(Fraction(1), most)


def _item(item: EnergyItem, found: Amount | None, window: Window) -> Line:
    if found is None:
        return Line(
            about=f"item {item}", mark=Mark.BAD, start=window.start, note=f"no meter stands for {item.code}"
        )
    return Line(about=f"item {item}", mark=Mark.GOOD, start=window.start, note=f"{item.code}: {_told(found)}")


def _balance(found: Balance, window: Window) -> Line:
    """A balance that surely does not hold is where to look; one that holds, or may, is told as well."""
    low, high = found.lost
    lost = " to ".join(decimal(end) if end is not None and end >= 0 else _signed(end) for end in (low, high))
    verdict = {True: "adds up", False: "does not add up", None: "may add up"}[found.holds]
    return Line(
        about=f"balance {found.meter.id}",
        mark=Mark.FINDING,
        start=window.start,
        note=f"{verdict}: {_told(found.counted)}, below it {_told(found.below)}, in between {lost} kW.h, "
        f"of which {decimal(found.allowed)} may be lost",
    )


def _signed(value: Fraction | None) -> str:
    return "unknown" if value is None else f"-{decimal(-value)}"


def _told(found: Amount) -> str:
    if found.low == found.high:
        return f"{decimal(found.low)} kW.h"
    return f"{decimal(found.low)} to {'unknown' if found.high is None else decimal(found.high)} kW.h"


def _text(found: Amount) -> str:
    """As exact text: a number, ``low..high``, or ``low..`` where nobody can say how much at most."""
    if found.low == found.high:
        return str(found.low)
    return f"{found.low}..{'' if found.high is None else found.high}"


def _hours(clause: Clause, facts: Facts, window: Window, end: int) -> Verdict:
    lines, read, whole_hours = [], 0, 0
    for meter in facts.site.meters:
        there, hours = hours_read(register(facts, meter), meter.hold_ns, window.start, end)
        read, whole_hours = read + there, whole_hours + hours
        lines.append(
            Line(
                about=f"meter {meter.id}",
                mark=Mark.GOOD if there == hours else Mark.BAD,
                start=window.start,
                note=f"read throughout in {there} of {hours} h",
            )
        )
    share = Fraction(read, whole_hours) if whole_hours else None
    to_come = (window.end - window.start) // HOUR_NS * len(facts.site.meters) - whole_hours
    best = Fraction(read + to_come, whole_hours + to_come) if whole_hours + to_come else None
    interval = None if share is None else (share, share)
    return by_amount(clause, the_site(facts), window, facts.as_of, interval, lines, best=best)


def settling(_: Parameters, site: Site) -> int:
    """Until a reading far off, or a register that stands still for too long, would be known for one."""
    return settled_ns(site.meters)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What its numbers may get wrong."""
    if not 0 <= parameters.error < 1:
        yield "error", f"{parameters.error} is no share", 'give one from "0" to "0.99"'

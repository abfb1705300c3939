"""What meters, items and the whole building used, span by span. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.energy.balance import balances, children, items, of_carrier, whole
from evaluators.energy.conversion import Reckoning, lacking
from evaluators.energy.intake import intakes, used
from evaluators.energy.intensity import YEAR_NS
from evaluators.energy.metering import Amount
from evaluators.energy.registers import Event
from evaluators.energy.using import amount_of, register
from evaluators.facts import Facts
from evaluators.kinds.submetering import METER_ERROR
from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import Window
from evaluators.windows import year_before

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One meter, item or carrier: what it came to in each window.

    ``depth``: how far it is below a meter without a parent. ``holds``: of a meter with others below it, whether it
    adds up in each window.
    """

    id: str
    name: str
    carrier: Carrier
    amounts: tuple[Amount, ...]
    depth: int = 0
    holds: tuple[bool | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Intensity:
    """What is bought of all carriers that count, as kW·h of electricity: in each window, and in the 365 days up to
    its end. Per m² as it was used, not corrected; empty where no floor area is known."""

    used: tuple[Amount, ...]
    used_per_m2: tuple[Amount, ...]
    year: tuple[Amount, ...]
    year_per_m2: tuple[Amount, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A carrier's use in each window against the same window a year before: the share by which it rose, negative
    where it fell, ``[low, high]``; None where one of the two is not known."""

    carrier: Carrier
    shares: tuple[tuple[Fraction, Fraction] | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of a site, in windows that end at the instant judged at the latest."""

    windows: tuple[Window, ...]
    meters: tuple[Row, ...]
    """In the order of the tree."""
    items: tuple[Row, ...]
    carriers: tuple[Row, ...]
    events: tuple[tuple[Meter, Event], ...]
    """What happened to registers in these windows, the earliest first."""
    intensity: Intensity | None
    """None where nothing counts, or nobody says what does."""
    changes: tuple[Change, ...]
    """Of the carriers of which any is known."""
    missing: tuple[str, ...]
    """What the site file would have to say for more."""


def report(facts: Facts, windows: Sequence[Window], reckoning: Reckoning | None = None) -> Report:
    """Everything over these windows. ``reckoning``: what counts, and how it is converted."""
    meters = facts.site.meters
    spans = [(window.start, min(window.end, facts.as_of)) for window in windows]
    ofs = [amount_of(facts, start, end) for start, end in spans]
    electric = of_carrier(meters, Carrier.ELECTRICITY)
    held = [{found.meter.id: found.holds for found in balances(meters, of, METER_ERROR)} for of in ofs]
    rows = [
        Row(
            meter.id,
            meter.name,
            meter.carrier,
            tuple(of(meter) for of in ofs),
            depth,
            tuple(each[meter.id] for each in held) if meter.id in held[0] else (),
        )
        for depth, meter in _tree(meters)
    ]
    parts = [items(electric, of) for of in ofs]
    item_rows = [
        Row(item.code, item.value, Carrier.ELECTRICITY, tuple(each[item] for each in parts)) for item in parts[0]
    ]
    carriers = [
        Row(carrier.value, carrier.value, carrier, tuple(whole(found, of) for of in ofs))
        for carrier in Carrier
        if (found := of_carrier(meters, carrier))
    ]
    intensity, missing = (None, ()) if reckoning is None else _intensity(facts, spans, reckoning)
    changes = [_change(facts, row.carrier, spans) for row in carriers]
    return Report(
        tuple(windows),
        tuple(rows),
        tuple(item_rows),
        tuple(carriers),
        _events(facts, spans[0][0], spans[-1][1]),
        intensity,
        tuple(change for change in changes if any(change.shares)),
        missing,
    )


def _events(facts: Facts, start: int, end: int) -> tuple[tuple[Meter, Event], ...]:
    events = [
        (meter, event)
        for meter in facts.site.meters
        for event in register(facts, meter).events
        if start <= event.at < end
    ]
    return tuple(sorted(events, key=lambda each: (each[1].at, each[0].id)))


def _intensity(
    facts: Facts, spans: Sequence[Span], reckoning: Reckoning
) -> tuple[Intensity | None, tuple[str, ...]]:
    """Over these spans; with it, what the site file does not say."""
    found = intakes(facts.site.meters, reckoning)
    if not found:
        return None, ("nothing over all carriers: no meter without a parent counts what is bought",)

    def of(start: int, end: int) -> Amount:
        return reckoning.converted(used(found, amount_of(facts, start, end)))

    carriers = dict.fromkeys(each.meter.carrier for each in found if not each.is_out)
    missing = [lacking(carrier) for carrier in carriers if reckoning.worth(carrier) is None]
    area = facts.site.energy.area_m2
    if area is None:
        missing.append("nothing per m²: give area_m2 in [site] or [energy]")
    whole_use = tuple(of(start, end) for start, end in spans)
    year = tuple(of(end - YEAR_NS, end) for _, end in spans)
    return Intensity(whole_use, _per_m2(whole_use, area), year, _per_m2(year, area)), tuple(missing)


def _per_m2(amounts: Sequence[Amount], area_m2: Fraction | None) -> tuple[Amount, ...]:
    return () if area_m2 is None else tuple(amount.times(1 / area_m2) for amount in amounts)


def _change(facts: Facts, carrier: Carrier, spans: Sequence[Span]) -> Change:
    meters = of_carrier(facts.site.meters, carrier)
    return Change(carrier, tuple(_share(facts, meters, start, end) for start, end in spans))


def _share(facts: Facts, meters: Sequence[Meter], start: int, end: int) -> tuple[Fraction, Fraction] | None:
    """Over a span, of one that goes on up to where all meters were read."""
    if end == facts.as_of:
        newest = [register(facts, meter).newest for meter in meters if not meter.parent]
        end = min((at for at in newest if at is not None and start < at < end), default=end)
    then = (year_before(start, facts.zone), year_before(end, facts.zone))
    now, before = whole(meters, amount_of(facts, start, end)), whole(meters, amount_of(facts, *then))
    if now.high is None or before.high is None or not before.low:
        return None
    return now.low / before.high - 1, now.high / before.low - 1


def _tree(meters: Sequence[Meter]) -> Iterator[tuple[int, Meter]]:
    """Every meter with its depth, each before those below it."""
    below = children(meters)
    waiting = [(0, meter) for meter in reversed(below.get("", ()))]
    while waiting:
        depth, meter = waiting.pop()
        yield depth, meter
        waiting += [(depth + 1, child) for child in reversed(below.get(meter.id, ()))]

"""What meters, items and the whole building used, span by span. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from evaluators.energy.balance import balances, children, items, of_carrier, whole
from evaluators.energy.metering import Amount
from evaluators.energy.registers import Event
from evaluators.energy.using import amount_of, register
from evaluators.facts import Facts
from evaluators.kinds.submetering import METER_ERROR
from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import Window


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
class Report:
    """The rows of a site, in windows that end at the instant judged at the latest."""

    windows: tuple[Window, ...]
    meters: tuple[Row, ...]
    """In the order of the tree."""
    items: tuple[Row, ...]
    carriers: tuple[Row, ...]
    events: tuple[tuple[Meter, Event], ...]
    """What happened to registers in these windows, the earliest first."""


def report(facts: Facts, windows: Sequence[Window]) -> Report:
    """Everything over these windows."""
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
    first, last = spans[0][0], spans[-1][1]
    events = [
        (meter, event) for meter in meters for event in register(facts, meter).events if first <= event.at < last
    ]
    events.sort(key=lambda each: (each[1].at, each[0].id))
    return Report(tuple(windows), tuple(rows), tuple(item_rows), tuple(carriers), tuple(events))


def _tree(meters: Sequence[Meter]) -> Iterator[tuple[int, Meter]]:
    """Every meter with its depth, each before those below it."""
    below = children(meters)
    waiting = [(0, meter) for meter in reversed(below.get("", ()))]
    while waiting:
        depth, meter = waiting.pop()
        yield depth, meter
        waiting += [(depth + 1, child) for child in reversed(below.get(meter.id, ()))]

"""Meters that add up: what a meter counts against those below it, and what the four items come to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from evaluators.energy.metering import NOTHING, Amount, total
from evaluators.model.energy import Carrier, EnergyItem, Meter, Purpose

AmountOf = Callable[[Meter], Amount]
"""What a meter counted over the span that is looked at."""


@dataclass(frozen=True, slots=True)
class Balance:
    """A meter with others below it: what it counts, what these count together, and what is lost in between.

    ``lost`` is the interval of the difference, below 0 where those below count more; its ends are None where
    nobody can say. ``allowed``: how much may surely get lost, by the loss that the site defines and the meters'
    own error.
    """

    meter: Meter
    counted: Amount
    below: Amount
    allowed: Fraction
    error: Fraction

    @property
    def lost(self) -> tuple[Fraction | None, Fraction | None]:
        """What is counted above and not below: at least, and at most."""
        low = None if self.below.high is None else self.counted.low - self.below.high
        high = None if self.counted.high is None else self.counted.high - self.below.low
        return low, high

    @property
    def holds(self) -> bool | None:
        """Whether it adds up; None where what is not known decides."""
        low, high = self.lost
        if (low is not None and low > self.allowed) or (high is not None and high < -self.error):
            return False
        if low is None or high is None or high > self.allowed or low < -self.error:
            return None
        return True


def children(meters: Iterable[Meter]) -> Mapping[str, Sequence[Meter]]:
    """The meters right below each meter; those without one above it under the empty text."""
    found: dict[str, list[Meter]] = {}
    for meter in meters:
        found.setdefault(meter.parent, []).append(meter)
    return found


def balances(meters: Sequence[Meter], amount_of: AmountOf, error: Fraction) -> Iterator[Balance]:
    """Every meter that has others below it, from the top down.

    ``error``: the share of what a meter counts by which meters may be wrong, each way.
    """
    below = children(meters)
    waiting = list(reversed(below.get("", ())))
    while waiting:
        meter = waiting.pop()
        parts = below.get(meter.id, ())
        waiting.extend(reversed(parts))
        if parts:
            counted = amount_of(meter)
            whole = counted.high if counted.high is not None else counted.low
            yield Balance(
                meter, counted, total(map(amount_of, parts)), whole * (meter.loss + error), whole * error
            )


def top_most(meters: Sequence[Meter], chosen: Callable[[Meter], bool]) -> list[Meter]:
    """The chosen meters that have none of the chosen above them: nothing is counted twice."""
    by_id = {meter.id: meter for meter in meters}

    def is_below_one(meter: Meter) -> bool:
        parent = by_id.get(meter.parent)
        return parent is not None and (chosen(parent) or is_below_one(parent))

    return [meter for meter in meters if chosen(meter) and not is_below_one(meter)]


def of_carrier(meters: Iterable[Meter], carrier: Carrier) -> list[Meter]:
    """The meters of a carrier."""
    return [meter for meter in meters if meter.carrier is carrier]


def whole(meters: Sequence[Meter], amount_of: AmountOf) -> Amount:
    """What all of the meters counted together: those with none above them."""
    return total(amount_of(meter) for meter in meters if not meter.parent)


def items(meters: Sequence[Meter], amount_of: AmountOf) -> Mapping[EnergyItem, Amount]:
    """What each of the four items comes to: a meter stands for its item with all that is below it, except where a
    meter below stands for another."""
    found: dict[EnergyItem, Amount] = {}
    by_id = {meter.id: meter for meter in meters}
    for item in EnergyItem:
        mine = [meter for meter in meters if meter.item is item and _inherited(meter, by_id) is not item]
        others = [meter for meter in meters if meter.item not in (None, item) and _inherited(meter, by_id) is item]
        if mine:
            found[item] = total(map(amount_of, mine)).less(total(map(amount_of, others)))
    return found


def _inherited(meter: Meter, by_id: Mapping[str, Meter]) -> EnergyItem | None:
    """The item that the meters above one stand for."""
    parent = by_id.get(meter.parent)
    while parent is not None:
        if parent.item is not None:
            return parent.item
        parent = by_id.get(parent.parent)
    return None


def purposes(meters: Sequence[Meter], amount_of: AmountOf, left_out: frozenset[Purpose]) -> Amount:
    """What meters for these purposes counted, nothing twice."""
    if not left_out:
        return NOTHING
    return total(map(amount_of, top_most(meters, lambda meter: meter.purpose in left_out)))

"""What comes into a building: the meters at its border, and what is taken out below them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from evaluators.energy.balance import AmountOf, children, purposes, top_most
from evaluators.energy.conversion import Reckoning
from evaluators.energy.metering import NOTHING, Amount
from evaluators.model.energy import Carrier, Meter, Purpose


@dataclass(frozen=True, slots=True)
class Intake:
    """A meter without a parent that counts what is bought, it and all below it, and the purposes left out."""

    meter: Meter
    tree: tuple[Meter, ...]
    left_out: frozenset[Purpose]

    @property
    def is_out(self) -> bool:
        """Whether nothing of it counts: it is for such a purpose itself."""
        return self.meter.purpose in self.left_out

    @property
    def taken_out(self) -> list[Meter]:
        """The meters whose amounts do not count, none below another."""
        return top_most(self.tree, lambda meter: meter.purpose in self.left_out)

    def used(self, of: AmountOf) -> Amount:
        """What counts of it."""
        return NOTHING if self.is_out else of(self.meter).less(purposes(self.tree, of, self.left_out))


def intakes(meters: Sequence[Meter], reckoning: Reckoning) -> tuple[Intake, ...]:
    """What is bought of the carriers that count, carrier by carrier."""
    below = children(meters)
    return tuple(
        Intake(meter, _tree(meter, below), reckoning.left_out)
        for carrier in reckoning.carriers
        for meter in below.get("", ())
        if meter.carrier is carrier and meter.bought
    )


def made_on_site(meters: Sequence[Meter], reckoning: Reckoning) -> list[Meter]:
    """The meters without a parent of carriers that count, whose amounts the building makes of others."""
    return [m for m in meters if not m.parent and not m.bought and m.carrier in reckoning.carriers]


def used(found: Iterable[Intake], of: AmountOf) -> Mapping[Carrier, Amount]:
    """What counts by carrier, each in its own unit; carriers that are wholly left out are not there."""
    parts: dict[Carrier, Amount] = {}
    for each in found:
        if not each.is_out:
            parts[each.meter.carrier] = parts.get(each.meter.carrier, NOTHING) + each.used(of)
    return parts


def _tree(root: Meter, below: Mapping[str, Sequence[Meter]]) -> tuple[Meter, ...]:
    found = [root]
    for meter in found:
        found += below.get(meter.id, ())
    return tuple(found)

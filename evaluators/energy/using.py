"""What the meters of a site counted, from the facts that judging rests on. Pure."""

from __future__ import annotations

from evaluators.energy.balance import AmountOf
from evaluators.energy.metering import Amount, amount, replacements
from evaluators.energy.registers import Register
from evaluators.facts import Facts
from evaluators.model.energy import Meter


def register(facts: Facts, meter: Meter) -> Register:
    """A meter's register as known at the instant judged at."""
    return facts.once(("register", meter.id), lambda: _register(facts, meter))


def _register(facts: Facts, meter: Meter) -> Register:
    return facts.telemetry.register(meter, replacements(meter, facts.records), facts.as_of)


def amount_of(facts: Facts, start: int, end: int) -> AmountOf:
    """What each meter counted over ``[start, end)``; up to its newest reading where the span ends at the instant
    judged at and that reading still holds: what came after it is not counted yet."""

    def counted(meter: Meter) -> Amount:
        found = register(facts, meter)
        newest = found.newest
        is_running = end == facts.as_of and newest is not None and start < newest < end <= newest + meter.hold_ns
        return amount(meter, found.use(start, newest if is_running and newest is not None else end))

    def of(meter: Meter) -> Amount:
        return facts.once(("amount", meter.id, start, end), lambda: counted(meter))

    return of

"""What a verdict on intensity tells beside its value: how carriers were converted, what was not counted. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from evaluators.energy.balance import AmountOf
from evaluators.energy.conversion import COMMON_UNIT, Factor, Reckoning, lacking
from evaluators.energy.intake import Intake, made_on_site, used
from evaluators.energy.metering import Amount
from evaluators.model.energy import Carrier, Meter
from evaluators.model.times import HOUR_NS
from evaluators.model.verdicts import Line, Mark


def as_text(amount: Amount) -> str:
    """An amount as exact text: a number, ``low..high``, or ``low..`` where nobody can say how much at most."""
    if amount.low == amount.high:
        return str(amount.low)
    return f"{amount.low}..{'' if amount.high is None else amount.high}"


def unbounded(reckoning: Reckoning, parts: Mapping[Carrier, Amount]) -> Iterator[str]:
    """Why nobody can say how much was used at most: what was not read, and the factors that are missing."""
    if any(part.high is None for part in parts.values()):
        yield "meters were not read at all for a time, and no greatest rate is known"
    for carrier, part in parts.items():
        if part.high != 0 and reckoning.worth(carrier) is None:
            yield lacking(carrier)


def lines(
    meters: Sequence[Meter],
    reckoning: Reckoning,
    found: Sequence[Intake],
    of: AmountOf,
    start: int,
) -> Iterator[Line]:
    """The carriers beside electricity, what is taken out, what is made on site, and how much was not read."""
    parts = used(found, of)
    for carrier, part in parts.items():
        if carrier is not Carrier.ELECTRICITY:
            yield _carrier(carrier, part, reckoning, start)
    for each in found:
        for meter in each.taken_out:
            note = f"taken out, since it is for {meter.purpose}: {as_text(of(meter))} {meter.carrier.unit}"
            yield Line(about=f"meter {meter.id}", mark=Mark.EXCLUDED, start=start, note=note)
    for meter in made_on_site(meters, reckoning):
        note = f"{meter.carrier} taken as made on site, of what other meters count: bought = true counts it"
        yield Line(about=f"meter {meter.id}", mark=Mark.EXCLUDED, start=start, note=note)
    unread_ns = sum(part.unread_ns for part in parts.values())
    if unread_ns >= HOUR_NS:
        told = f"meters were not read for {unread_ns // HOUR_NS} h together"
        if all(part.low == part.high for part in parts.values()):
            told += ": the total is known, its shape is not"
        yield Line(about="meters", mark=Mark.FINDING, start=start, note=told)


def _carrier(carrier: Carrier, part: Amount, reckoning: Reckoning, start: int) -> Line:
    about, worth, factor = f"carrier {carrier}", reckoning.worth(carrier), reckoning.factor(carrier)
    if worth is None or factor is None:
        mark = Mark.FINDING if part.high == 0 else Mark.UNKNOWN
        return Line(about=about, mark=mark, start=start, note=lacking(carrier))
    said = [_told(factor)]
    coal = reckoning.factor(Carrier.ELECTRICITY)
    if coal is not None and not factor.unit.startswith(COMMON_UNIT):
        said.append(_told(coal))
    note = f"1 {carrier.unit} is {_plain(worth)} {COMMON_UNIT} of electricity: {'; '.join(said)}"
    return Line(about=about, mark=Mark.FINDING, start=start, note=note)


def _told(factor: Factor) -> str:
    checked = "checked" if factor.verified else "not checked against its source"
    return f"{factor.carrier} {_plain(factor.value)} {factor.unit} ({factor.source}; {checked})"


def _plain(value: Fraction) -> str:
    """Up to six digits."""
    return f"{float(value):.6g}"

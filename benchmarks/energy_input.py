"""A building's meters for `benchmarks.energy`: a tree of three levels, and files of what their devices gave.

Made once, outside of what is measured: each contender reads the same files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from evaluators.model.energy import EnergyItem
from evaluators.model.times import DAY_NS, MINUTE_NS, SECOND_NS

A_DEVICE = 50
"""Meters behind one gateway, read at once."""
STEP_NS = 15 * MINUTE_NS
A_DAY = DAY_NS // STEP_NS
START_NS = 18_628 * DAY_NS
"""2021-01-01 UTC, a common year."""
LEAD = 4
"""So many readings come before it."""
WRAPS_AT = 10_000_000
COUNTS_A_KWH = 10
GOOD, BAD = 0, 2

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(slots=True)
class Described:
    """A meter as both contenders know it; counts are tenths of a kW.h."""

    number: int
    parent: int | None
    item: str | None
    most_an_hour: int | None = None
    """kW.h."""
    never_rests_h: int | None = None
    replaced_at: int | None = None
    final: int | None = None
    """What the old meter read last; the new one began at 0."""

    @property
    def device(self) -> int:
        """The gateway it is behind."""
        return self.number // A_DEVICE


def described(meters: int) -> list[Described]:
    """A root, one meter for each of the four items, and the others below these in turn."""
    items = [item.value for item in EnergyItem]
    found = [Described(0, None, None), *(Described(1 + place, 0, item) for place, item in enumerate(items))]
    return found + [Described(number, 1 + number % len(items), None) for number in range(len(found), meters)]


def save(folder: Path, meters: int, days: int) -> None:
    """Write ``meters.json`` and for each device its times, values and qualities, a row a poll."""
    dice = np.random.default_rng(1)
    table = described(meters)
    grown = _grown(dice, table, days)
    registers = np.empty(grown.shape, np.int64)
    for meter in table:
        registers[:, meter.number] = _register(dice, meter, grown[:, meter.number])
    qualities = np.full(grown.shape, GOOD, np.uint8)
    _spoil(dice, registers, qualities)
    for device in range(-(-meters // A_DEVICE)):
        _save_device(dice, folder / f"{device}", registers, qualities, device)
    (folder / "meters.json").write_text(json.dumps([asdict(meter) for meter in table]), encoding="utf-8")


def load_meters(folder: Path) -> list[Described]:
    """The meters of a saved input."""
    return [Described(**row) for row in json.loads((folder / "meters.json").read_text(encoding="utf-8"))]


def per_count() -> Fraction:
    """What one count stands for, kW.h."""
    return Fraction(1, COUNTS_A_KWH)


def _grown(dice: np.random.Generator, table: Sequence[Described], days: int) -> Array:
    """What went through each meter in each quarter of an hour, in counts: offices by day, and one per cent lost on
    the way to those below."""
    quarters = LEAD + days * A_DAY
    hour = np.arange(quarters) * 24 // A_DAY % 24
    weekday = np.arange(quarters) // A_DAY % 7
    shape = np.where((hour >= 7) & (hour < 20) & (weekday < 5), 1.0, 0.2)
    grown = np.zeros((quarters, len(table)), np.float32)
    for meter in table[5:]:
        power_kw = dice.lognormal(1.0, 0.8)
        noise = dice.random(quarters, np.float32)
        grown[:, meter.number] = shape * noise * (2 * power_kw * COUNTS_A_KWH * STEP_NS / (60 * MINUTE_NS))
        meter.most_an_hour = None if meter.number % 5 == 0 else int(8 * power_kw) + 5
    for meter in table[1:5]:
        below = [each.number for each in table if each.parent == meter.number]
        grown[:, meter.number] = grown[:, below].sum(axis=1) * 1.01
    grown[:, 0] = grown[:, 1:5].sum(axis=1) * 1.01
    for meter in table[:5]:
        meter.most_an_hour = int(grown[:, meter.number].max(initial=0) * 8 / COUNTS_A_KWH) + 5
    return grown


def _register(dice: np.random.Generator, meter: Described, grown: Array) -> Array:
    """What a meter's register reads: some turn over, some meters are replaced, some stand still for days."""
    counted = grown.astype(np.float64)
    number, quarters = meter.number, len(grown)
    if number > 4 and number % 89 == 0:
        meter.never_rests_h = 24
        begin = int(dice.integers(quarters // 2))
        counted[begin : begin + 3 * A_DAY] = 0
    start = WRAPS_AT - 1000 if number % 50 == 7 else int(dice.integers(WRAPS_AT // 2))
    reads = (start + np.cumsum(counted)).astype(np.int64)
    if number > 4 and number % 97 == 0:
        place = int(dice.integers(quarters // 4, quarters // 2))
        meter.replaced_at = START_NS + (place - LEAD) * STEP_NS + MINUTE_NS
        meter.final = int(reads[place]) % WRAPS_AT
        reads[place + 1 :] -= reads[place]
    return reads % WRAPS_AT


def _spoil(dice: np.random.Generator, registers: Array, qualities: Array) -> None:
    """Readings far off, one in 20,000, and meters that were not read for days."""
    quarters, meters = registers.shape
    for _ in range(quarters * meters // 20_000):
        place, number = int(dice.integers(quarters)), int(dice.integers(meters))
        registers[place, number] = (registers[place, number] + WRAPS_AT // 2) % WRAPS_AT
    for number in range(5, meters, 40):
        begin = int(dice.integers(quarters))
        qualities[begin : begin + int(dice.integers(1, 10 * A_DAY)), number] = BAD


def _save_device(dice: np.random.Generator, stem: Path, registers: Array, qualities: Array, device: int) -> None:
    """Every poll has one time, some seconds or less after the quarter; a gateway in seven is silent at times."""
    quarters = len(registers)
    jitter = dice.integers(0, 2 * SECOND_NS, quarters)
    times = START_NS + STEP_NS * np.arange(-LEAD, quarters - LEAD) + jitter
    is_there = np.ones(quarters, bool)
    for _ in range(2 if device % 7 == 3 else 0):
        begin = int(dice.integers(quarters))
        is_there[begin : begin + int(dice.integers(A_DAY // 4, 3 * A_DAY))] = False
    columns = slice(device * A_DEVICE, (device + 1) * A_DEVICE)
    times[is_there].astype(np.int64).tofile(stem.with_suffix(".times"))
    np.ascontiguousarray(registers[is_there, columns]).tofile(stem.with_suffix(".values"))
    np.ascontiguousarray(qualities[is_there, columns]).tofile(stem.with_suffix(".qualities"))


def devices(meters: Sequence[Described]) -> Iterator[list[Described]]:
    """The meters of each device, in the order of its columns."""
    for first in range(0, len(meters), A_DEVICE):
        yield list(meters[first : first + A_DEVICE])

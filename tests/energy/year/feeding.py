"""A simulated year of meters as the evaluators take it, and the truth beside it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from config.site import LoadedSite, load_site
from evaluators.energy.registers import Happening
from evaluators.facts import Facts
from evaluators.model.bodies import Body
from evaluators.model.energy import Meter
from evaluators.model.records import Record
from evaluators.model.samples import Value, ValueKind
from evaluators.model.times import HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from evaluators.windows import between
from tests.year.feeding import a_record

SEEDS = int(os.environ.get("STEWARD_ENERGY_SEEDS", "1"))
"""How many years are judged."""
QUARTER_NS = 15 * MINUTE_NS
TOLD = {
    "turned-over": Happening.TURNED,
    "replaced": Happening.REPLACED,
    "replaced-unnoted": Happening.REPLACED,
    "reset": Happening.RESET,
    "stuck": Happening.STUCK,
    "spike": Happening.SPIKE,
    "backward": Happening.BACKWARD,
}
"""What is told of each kind of fault; of a meter that is silent nothing is."""


@dataclass(frozen=True)
class Metered:
    """The six files of one year, read. ``readings``: by point, as they stand beside ``times``; None: not read."""

    folder: Path
    loaded: LoadedSite
    times: Sequence[int]
    readings: Mapping[str, Sequence[Value | None]]
    records: tuple[Record[Body], ...]
    use: Mapping[str, Sequence[Fraction]]
    """By meter, of each hour of the year."""
    truth: Mapping[str, Any]

    @property
    def end(self) -> int:
        """The first instant of the next year, at which everything is read once more."""
        end: int = self.truth["end"]
        return end

    @property
    def judged_at(self) -> int:
        """An hour later: what is read at an instant is known after it."""
        return self.end + HOUR_NS

    @property
    def meters(self) -> Mapping[str, Meter]:
        """The site's meters, by id."""
        return {meter.id: meter for meter in self.loaded.site.meters}

    @property
    def months(self) -> list[Window]:
        """The twelve."""
        zone = ZoneInfo(self.loaded.site.zone)
        return list(between(WindowKind.MONTH, self.truth["start"], self.end, zone))

    def numbers(self, point: str) -> list[float]:
        """What a point gave, all of it numbers."""
        cells = [cell for cell in self.readings[point] if isinstance(cell, int | float)]
        assert len(cells) == len(self.times)
        return cells

    def true(self, meter: str, start: int, end: int) -> Fraction:
        """What went through a meter over whole hours, by the file of hours."""
        first, last = ((at - self.truth["start"]) // HOUR_NS for at in (start, end))
        return sum(self.use[meter][first:last], Fraction(0))

    def faults(self, meter: str, *kinds: str) -> list[Mapping[str, Any]]:
        """What was wrong with a meter, of any kind or of these."""
        return [
            each
            for each in self.truth["faults"]
            if each["meter"] == meter and (not kinds or each["kind"] in kinds)
        ]

    @cached_property
    def standing(self) -> Standing:
        """All that the registers read, taken."""
        site = self.loaded.site
        numbers = {point.key: number for number, point in enumerate(site.points, start=1)}
        standing = Standing(site, numbers, site.meters)
        for meter in site.meters:
            for time, value in zip(self.times, self.readings[meter.point], strict=True):
                if value is not None:
                    standing.count(numbers[meter.point], time, value)
        return standing

    @cached_property
    def facts(self) -> Facts:
        """What was known after the year."""
        return self.known_at(self.judged_at)

    def known_at(self, as_of: int) -> Facts:
        """What was known at an instant."""
        site, zone = self.loaded.site, ZoneInfo(self.loaded.site.zone)
        book = RecordBook(zone, [record for record in self.records if record.received <= as_of])
        return Facts(site, zone, self.loaded.calendar, book, self.standing.view(book, as_of, zone), as_of)


def looked_at(time: int) -> int:
    """The first instant from a time on whose reading is judged: of each hour the first and the last one are."""
    past = time % HOUR_NS
    return time - past + (0 if not past else QUARTER_NS if past <= QUARTER_NS else HOUR_NS)


def happened(year: Metered) -> Iterator[tuple[str, int, Happening]]:
    """What ought to be told of the year: meter, time and what; a wrong reading within an hour is not looked at."""
    for fault in year.truth["faults"]:
        what = TOLD.get(fault["kind"])
        at = looked_at(fault["end"] if fault["kind"] == "turned-over" else fault["start"])
        is_seen = fault["start"] == at or what not in (Happening.SPIKE, Happening.BACKWARD)
        if what is not None and is_seen:
            yield fault["meter"], at, what


def read_year(folder: Path) -> Metered:
    """Read what ``python -m simulators.energy`` wrote."""
    loaded = load_site(folder / "site.toml")
    kinds = {point.key: point.kind for point in loaded.site.points}
    times, columns = _table(folder / "readings.csv")
    hours, use = _table(folder / "use.csv")
    assert (hours[0], hours[-1] + HOUR_NS) == (times[0], times[-1])
    with (folder / "records.jsonl").open(encoding="utf-8") as file:
        records = tuple(a_record(json.loads(line)) for line in file)
    return Metered(
        folder=folder,
        loaded=loaded,
        times=times,
        readings={point: [_value(kinds[point], cell) for cell in cells] for point, cells in columns.items()},
        records=records,
        use={meter: [Fraction(cell) for cell in cells] for meter, cells in use.items()},
        truth=json.loads((folder / "truth.json").read_text(encoding="utf-8")),
    )


def _table(path: Path) -> tuple[list[int], dict[str, list[str]]]:
    """The first column as times, and the others by their names."""
    with path.open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    first, *others = zip(*rows, strict=True)
    return list(map(int, first)), {name: list(cells) for name, cells in zip(head[1:], others, strict=True)}


def _value(kind: ValueKind, cell: str) -> Value | None:
    if not cell:
        return None
    return int(cell) if kind is ValueKind.INT else float(cell)

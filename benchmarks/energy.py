"""What a year of 1,000 meters costs, from readings of a quarter of an hour to the year's verdicts: CPU and memory.

A root, four items, three levels; some registers turn over, some meters are replaced, silent or stuck, some
readings are far off. Ours takes blocks as they come from the journal, device after device, quarter by quarter; it
gives the year's X-eui, X-submeter and X-submeter-data of 12 months, and the report of these. Beside it, in turn in
the same run and from the same files, plain pandas: steps, turnovers mended and other steps back thrown away, sums
by month, items, balances, complete hours; once with all readings in memory, and once a device at a time.

What pandas does not know: intervals (what nobody can say counts as nothing); how a step that the end of a month
cuts is spread; what a reset or a stuck register hid; which of two readings was wrong; replacements on record, and
when they do not fit; balances that may hold; readings that come late, and what the next reading changes, so it has
to begin anew each time. Its sums are floats.

"first look" and "a quarter later": the running month shortly before the year ends, and once more after one more
poll of each device.

Each contender is a process of its own. CPU seconds are those after the imports; peak memory is that of the whole
process, beside it what it was after the imports. "input" only reads the blocks that ours is given: ours contains
it.
Run: python -m benchmarks.energy [--meters 1000] [--days 365] [--runs 3]
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import statistics
import subprocess
import sys
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from functools import partial
from heapq import merge
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from agent.memory import settle
from benchmarks.energy_input import (
    A_DEVICE,
    BAD,
    START_NS,
    STEP_NS,
    WRAPS_AT,
    Described,
    devices,
    load_meters,
    per_count,
    save,
)
from config.catalogue import STANDARDS, load_catalogue
from evaluators.energy.report import report
from evaluators.facts import Facts
from evaluators.model.bodies import MeterChange
from evaluators.model.bodies.body import Instant
from evaluators.model.calendar import WorkCalendar
from evaluators.model.energy import Carrier, Climate, EnergyItem, EnergyProfile, Meter, Owner, Ventilation
from evaluators.model.records import Record
from evaluators.model.samples import Block, Columns, Reason, ValueKind
from evaluators.model.site import Point, Site
from evaluators.model.times import HOUR_NS, Window, WindowKind
from evaluators.recordbook import RecordBook
from evaluators.registry import judge
from evaluators.standing import Standing
from evaluators.windows import between, containing

ZONE = ZoneInfo("UTC")
HOLD_NS = 3 * STEP_NS
REASONS = bytes([Reason.NONE, Reason.NONE, Reason.TIMEOUT])
assert REASONS[BAD] == Reason.TIMEOUT


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run: CPU seconds, by part; MB at most, and MB of the imports alone; the root's kW.h of the year."""

    cpu_s: dict[str, float]
    peak_mb: float
    begun_mb: float
    used_kwh: str

    @property
    def all_s(self) -> float:
        """CPU seconds of all parts."""
        return sum(self.cpu_s.values())


def site_of(table: Sequence[Described]) -> Site:
    """The building as judging sees it."""
    return Site(
        "s", "", "UTC", (), (),
        tuple(Point(_key(meter.number), ValueKind.INT, "", "", HOLD_NS) for meter in table),
        meters=tuple(_meter(meter) for meter in table),
        energy=EnergyProfile(
            Fraction(40_000), Climate.COLD, Ventilation.MECHANICAL, Owner.COMMERCIAL, Fraction(3500), Fraction(8)
        ),
    )  # fmt: skip


def _key(number: int) -> str:
    return f"d{number // A_DEVICE}/{number}"


def _meter(meter: Described) -> Meter:
    return Meter(
        f"m{meter.number}", "", Carrier.ELECTRICITY, _key(meter.number), per_count(), HOLD_NS,
        wraps_at=Fraction(WRAPS_AT),
        most_an_hour=None if meter.most_an_hour is None else Fraction(meter.most_an_hour),
        stuck_ns=None if meter.never_rests_h is None else meter.never_rests_h * HOUR_NS,
        parent="" if meter.parent is None else f"m{meter.parent}",
        loss=Fraction(1, 100),
        item=None if meter.item is None else EnergyItem(meter.item),
    )  # fmt: skip


def records_of(table: Sequence[Described]) -> RecordBook:
    """The replacements."""
    bodies = [
        MeterChange(
            meter=f"m{meter.number}", changed_at=Instant(meter.replaced_at), final=Fraction(meter.final),
            initial=Fraction(0),
        )
        for meter in table
        if meter.replaced_at is not None and meter.final is not None
    ]  # fmt: skip
    return RecordBook(ZONE, [Record(id=body.meter, body=body, received=0) for body in bodies])


def blocks(folder: Path, table: Sequence[Described]) -> Iterator[Block]:
    """What the devices gave, in order of time, read as it is asked for."""
    each = [_polls(folder / f"{device}", device, of) for device, of in enumerate(devices(table))]
    return (Block(f"d{device}", at, (part,)) for at, device, part in merge(*each, key=lambda poll: poll[:2]))


def _polls(stem: Path, device: int, meters: Sequence[Described]) -> Iterator[tuple[int, int, Columns]]:
    points, count = array("I", (meter.number for meter in meters)), len(meters)
    times = array("q", stem.with_suffix(".times").read_bytes())
    with stem.with_suffix(".values").open("rb") as cells, stem.with_suffix(".qualities").open("rb") as marks:
        for at in times:
            values, qualities = array("q", cells.read(8 * count)), bytearray(marks.read(count))
            reasons = qualities.translate(REASONS.ljust(256, b"\0"))
            yield at, device, Columns(ValueKind.INT, points, array("q", [at]) * count, values, qualities, reasons)


class Ours:
    """A building that has taken its blocks up to the last quarter of an hour; that one is to come."""

    def __init__(self, folder: Path) -> None:
        table = load_meters(folder)
        self.as_of = max(_end(folder / f"{device}") for device, _ in enumerate(devices(table)))
        self._site, self._records = site_of(table), records_of(table)
        numbers = {point.key: number for number, point in enumerate(self._site.points)}
        self._standing = Standing(self._site, numbers, self._site.meters)
        self._rows = {clause.id: replace(clause, verified=True) for clause in load_catalogue(STANDARDS)}
        self._to_come: list[Block] = []
        for block in blocks(folder, table):
            if block.received < self.as_of - STEP_NS:
                self._standing.take(block)
            else:
                self._to_come.append(block)

    def facts(self, as_of: int) -> Facts:
        """What judging rests on."""
        self._standing.late_readings()
        telemetry = self._standing.view(self._records, as_of, ZONE)
        return Facts(self._site, ZONE, WorkCalendar(), self._records, telemetry, as_of)

    def judge(self, facts: Facts, name: str, windows: Sequence[Window]) -> None:
        """One clause."""
        for window in windows:
            judge(self._rows[name], facts, window)

    def look(self, as_of: int) -> None:
        """What is judged of a running month."""
        facts, months = self.facts(as_of), [containing(WindowKind.MONTH, as_of - 1, ZONE)]
        self.judge(facts, "X-submeter", months)
        self.judge(facts, "X-submeter-data", months)

    def go_on(self) -> None:
        """Take the last quarter and look again."""
        for block in self._to_come:
            self._standing.take(block)
        self.look(self.as_of)


def ours(folder: Path) -> tuple[dict[str, float], str]:
    """From blocks to verdicts: CPU seconds by part, and what all used, kW.h."""
    found: list[Ours] = []
    cpu_s = {"taking": seconds(lambda: found.append(Ours(folder)))}
    (building,) = found
    settle()
    cpu_s["first look"] = seconds(lambda: building.look(building.as_of - STEP_NS))
    cpu_s["a quarter later"] = seconds(building.go_on)
    facts = building.facts(building.as_of)
    months = list(between(WindowKind.MONTH, START_NS, building.as_of, ZONE))
    year = [containing(WindowKind.YEAR, START_NS, ZONE)]
    for name, windows in (("X-eui", year), ("X-submeter", months), ("X-submeter-data", months)):
        cpu_s[name] = seconds(partial(building.judge, facts, name, windows))
    cpu_s["report"] = seconds(lambda: report(facts, months))
    (whole,) = report(facts, year).carriers[0].amounts
    return cpu_s, f"{float(whole.low):.0f} to {'unknown' if whole.high is None else f'{float(whole.high):.0f}'}"


def _end(stem: Path) -> int:
    """The end of the quarter that a device's last poll began."""
    (newest,) = array("q", stem.with_suffix(".times").read_bytes()[-8:])
    return START_NS - (START_NS - newest) // STEP_NS * STEP_NS


def only_input(folder: Path) -> tuple[dict[str, float], str]:
    """Reads the blocks that ours is given."""
    return {"reading": seconds(lambda: sum(map(len, blocks(folder, load_meters(folder)))))}, ""


def with_pandas(folder: Path, *, at_once: bool) -> tuple[dict[str, float], str]:
    """CPU seconds, and the root's use, kW.h."""
    from benchmarks.energy_pandas import judged  # the others' memory is without it

    found: list[float] = []
    cpu_s = {"all": seconds(lambda: found.append(judged(folder, at_once=at_once)))}
    return cpu_s, f"{found[0]:.0f}"


CONTENDERS: dict[str, Callable[[Path], tuple[dict[str, float], str]]] = {
    "ours": ours,
    "input": only_input,
    "pandas": partial(with_pandas, at_once=True),
    "pandas-by-device": partial(with_pandas, at_once=False),
}


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds."""
    begin = time.process_time()
    work()
    return time.process_time() - begin


def peak_mb() -> float:
    """The most memory that this process has held. (What `getrusage` tells includes its parent's.)"""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
    return int(found[1]) / 1024 if found else 0.0


def contend(name: str, folder: Path) -> Cost:
    """Run one contender in this process."""
    if name.startswith("pandas"):
        importlib.import_module("benchmarks.energy_pandas")
    begun_mb = peak_mb()
    cpu_s, used_kwh = CONTENDERS[name](folder)
    return Cost(cpu_s, peak_mb(), begun_mb, used_kwh)


def run(name: str, folder: Path) -> Cost:
    """Run one contender in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.energy", "--contender", name, "--folder", str(folder)]
    return Cost(**json.loads(subprocess.run(command, check=True, capture_output=True).stdout))


def tell(costs: Mapping[str, Sequence[Cost]]) -> None:
    """Print medians and ratios."""
    ours_s = statistics.median(cost.all_s for cost in costs["ours"])
    for name, runs in costs.items():
        cpu_s = statistics.median(cost.all_s for cost in runs)
        parts = {part: statistics.median(cost.cpu_s[part] for cost in runs) for part in runs[0].cpu_s}
        sys.stdout.write(
            f"{name}: {cpu_s:.1f} s of CPU (ours is {ours_s / cpu_s:.1f}×), at most "
            f"{statistics.median(cost.peak_mb for cost in runs):.0f} MB, of which "
            f"{statistics.median(cost.begun_mb for cost in runs):.0f} MB before it began\n"
            f"  {', '.join(f'{part} {each:.2f} s' for part, each in parts.items())}"
            f"{f'; used {runs[0].used_kwh} kW.h' if runs[0].used_kwh else ''}\n"
        )


def main() -> None:
    """Print medians and ratios, taken in turn in one run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--meters", type=int, default=1000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--contender", choices=CONTENDERS, help="run this one alone, in this process")
    parser.add_argument("--folder", type=Path, help="its input")
    given = parser.parse_args()
    if given.contender:
        sys.stdout.write(json.dumps(asdict(contend(given.contender, given.folder))))
        return
    with TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        if not (folder / "meters.json").exists():
            save(folder, given.meters, given.days)
        costs: dict[str, list[Cost]] = {name: [] for name in CONTENDERS}
        for _ in range(given.runs):
            for name, runs in costs.items():
                runs.append(run(name, folder))
    tell(costs)


if __name__ == "__main__":
    main()

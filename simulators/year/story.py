"""What a year is told in: the wire's values, the records of people, and the truth that lies behind both."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from simulators.year.building import Building, Signal, Value
from simulators.year.calendar import MINUTE, Year, day_of, iso
from simulators.year.spans import Span, merged

PERIOD = MINUTE
"""How often every device is polled; what changes in between comes with the device's own stamp."""


@dataclass(frozen=True, slots=True)
class Change:
    """From an instant (ns UTC) on a point says something new; ``value`` is None where nothing could be read."""

    time: int
    point: str
    value: Value | None


@dataclass(slots=True)
class Wire:
    """What each point showed, and when its device could not be reached.

    Of two things shown at once the later told wins. An outage ``[start, end)`` begins right after the last answer:
    the poll at ``start`` was answered, the one at ``end`` is again.
    """

    shown: dict[str, list[tuple[int, int, Value]]] = field(default_factory=dict)
    outages: dict[str, list[Span]] = field(default_factory=dict)

    def show(self, signal: Signal, start: int, end: int, value: Value) -> None:
        """A point has a value over ``[start, end)``."""
        self.shown.setdefault(signal.key, []).append((start, end, value))

    def cut(self, device: str, start: int, end: int) -> None:
        """A device cannot be reached over ``[start, end)``."""
        self.outages[device] = merged([*self.outages.get(device, []), (start, end)])

    def blind(self, signal: Signal) -> list[Span]:
        """When a point could not be seen."""
        return self.outages.get(signal.device, [])

    def values(self, signal: Signal, year: Year) -> list[tuple[int, Value]]:
        """The values that a point had, each with its first instant."""
        shown = self.shown.get(signal.key, [])
        edges = sorted({year.start, *(at for start, end, _ in shown for at in (start, end))})
        found: list[tuple[int, Value]] = []
        for at in edges:
            if not year.start <= at < year.end:
                continue
            value = signal.base
            for start, end, told in shown:
                if start <= at < end:
                    value = told
            if not found or found[-1][1] != value:
                found.append((at, value))
        return found

    def changes(self, signal: Signal, year: Year) -> list[Change]:
        """What polling a point would have said, in time order, nothing twice."""
        values = self.values(signal, year)
        found = []
        cuts = self.blind(signal)
        for at, value in values:
            if not any(start < at <= end for start, end in cuts):
                found.append(Change(at, signal.key, value))
        for start, end in cuts:
            found.append(Change(start + PERIOD, signal.key, None))
            found.append(Change(end, signal.key, [value for at, value in values if at <= end][-1]))
        return sorted(found, key=lambda change: change.time)


@dataclass(frozen=True, slots=True)
class Lapse:
    """Something owed that was not done by ``due`` (ns UTC; an instant at which it still was in time).

    ``about`` names it: ``kind:id`` of a record, ``equipment date-or-period``, or ``item start``. ``period`` is the
    calendar window it counts in. Without ``due`` it is no duty that can be late, but something that went wrong.
    ``claimed`` is the record that says it was done, where one lies. ``open`` says why an honest judge cannot be
    sure: ``unseen`` (the wire was cut), ``reading`` (the text can be read in two ways), or nothing.
    """

    clause: str
    about: str
    due: int | None
    day: str
    period: str
    claimed: str = ""
    open: str = ""


@dataclass(frozen=True, slots=True)
class FalseClaim:
    """A record of something that was never done, though the wire would have shown it."""

    record: str
    clause: str
    period: str
    why: str


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many: what a clause counts in a window."""

    clause: str
    period: str
    good: int
    total: int
    open: bool = False
    """Whether an honest judge cannot know it exactly."""


@dataclass(slots=True)
class Truth:
    """What really was."""

    lapses: list[Lapse] = field(default_factory=list)
    false_claims: list[FalseClaim] = field(default_factory=list)
    shares: list[Share] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    tests: list[dict[str, Any]] = field(default_factory=list)
    standing: list[dict[str, Any]] = field(default_factory=list)
    """Spans over which a clause that is judged as it stands is not met."""
    availability: list[dict[str, Any]] = field(default_factory=list)
    late_entries: list[str] = field(default_factory=list)
    """Records of what was done in time but entered more than three days later."""

    def lapse(self, clause: str, about: str, due: int, period: str, claimed: str = "", why_open: str = "") -> None:
        """Something was not done by ``due``; a due midnight belongs to the day that it ends."""
        self.lapses.append(Lapse(clause, about, due, day_of(due - 1).isoformat(), period, claimed, why_open))

    def miss(self, clause: str, about: str, at: int, period: str) -> None:
        """Something went wrong at an instant: a question was not answered at once, a tenant was not satisfied."""
        self.lapses.append(Lapse(clause, about, None, day_of(at).isoformat(), period))

    def false_claim(self, record: str, clause: str, period: str, why: str) -> None:
        """A record says that something was done which was not."""
        self.false_claims.append(FalseClaim(record, clause, period, why))

    def not_standing(self, clause: str, start: int, end: int, why: str) -> None:
        """What a standing clause asks for was missing over ``[start, end)``."""
        self.standing.append({"clause": clause, "start": start, "end": end, "why": why})

    def share(self, clause: str, period: str, good: int, total: int, *, is_open: bool = False) -> None:
        """So many of so many were good."""
        self.shares.append(Share(clause, period, good, total, is_open))

    def as_tables(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "lapses": [asdict(each) for each in sorted(self.lapses, key=lambda lapse: (lapse.day, lapse.about))],
            "false_claims": [asdict(each) for each in self.false_claims],
            "shares": [asdict(each) for each in self.shares],
            "faults": self.faults,
            "tests": self.tests,
            "standing": self.standing,
            "late_entries": self.late_entries,
            "availability": self.availability,
        }


@dataclass(slots=True)
class Records:
    """What people and their systems stated, a line each."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def add(
        self,
        kind: str,
        name: str,
        made_at: int,
        /,
        *,
        received: int | None = None,
        version: int = 1,
        author: str = "物业系统",
        imported: bool = False,
        **fields: Any,
    ) -> str:
        """One version of one record; returns ``kind:id``. Fields named as times hold instants, ns UTC."""
        line: dict[str, Any] = {
            "kind": kind,
            "id": name,
            "version": version,
            "received": iso(made_at + MINUTE if received is None else received),
            "made_at": iso(made_at),
            "author": author,
        }
        if imported:
            line["imported"] = True
        line.update({key: _plain(key, value) for key, value in fields.items() if value is not None})
        self.lines.append(line)
        return f"{kind}:{name}"

    def grow(self, kind: str, name: str, steps: dict[str, int], /, **fields: Any) -> str:
        """A record that is amended as things happen: one version for each instant of ``steps``, in time order."""
        known: dict[str, int] = {}
        instants = sorted(set(steps.values()))
        for version, at in enumerate(instants, start=1):
            known |= {key: when for key, when in steps.items() if when == at}
            self.add(kind, name, at, version=version, **{**fields, **known})
        return f"{kind}:{name}"


def _plain(key: str, value: Any) -> Any:
    if key in ("start", "end", "at") or key.endswith("_at"):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class Told:
    """A fault as it is told: the key of its item or watch, when it lasted, and its order, if anybody made one."""

    key: str
    spans: tuple[Span, ...]
    sort: str
    emergency: bool
    order: str | None
    steps: dict[str, int]
    counts: bool = True
    """Whether a response was owed for it by itself."""
    repairs: bool = True
    """Whether it counts among the repairs."""

    @property
    def start(self) -> int:
        """When it began."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """When it was over for good."""
        return self.spans[-1][1]

    @property
    def about(self) -> str:
        """Its order, or else what and when it was."""
        return f"work-order:{self.order}" if self.order else f"{self.key} {iso(self.start)}"


@dataclass(slots=True)
class Story:
    """A year in the making."""

    seed: int
    year: Year
    building: Building
    wire: Wire = field(default_factory=Wire)
    records: Records = field(default_factory=Records)
    truth: Truth = field(default_factory=Truth)
    down: dict[str, list[Span]] = field(default_factory=dict)
    """When each item really could not be used, planned or not."""
    planned: dict[str, list[Span]] = field(default_factory=dict)
    """What was declared in time, by item."""
    rested: dict[str, list[Span]] = field(default_factory=dict)
    """When nobody asked an item to work: nights, and stand-downs declared in time."""
    told: list[Told] = field(default_factory=list)
    """Every fault."""
    visits: dict[str, list[int]] = field(default_factory=dict)
    """When somebody came to each machine, be it for whichever of its faults."""
    uninspected: dict[str, list[Span]] = field(default_factory=dict)
    """When the last inspection of an item without a wire held no more."""

    def blind(self, key: str) -> list[Span]:
        """When an item or a watch could not be seen; a key without a signal is never seen, and so never blind."""
        machine = self.building.machine(key.partition("/")[0])
        signals = {unit.key: unit.signal for unit in machine.units}
        signals |= {f"{machine.id}/{watch.name}": watch.signal for watch in machine.watches}
        signal = signals[key]
        return self.wire.blind(signal) if signal else []

    def fail(self, item: str, start: int, end: int) -> None:
        """An item cannot be used over ``[start, end)``."""
        self.down[item] = merged([*self.down.get(item, []), (start, end)])

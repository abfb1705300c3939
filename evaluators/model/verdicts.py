"""Verdicts: what judging says, as an interval that holds the truth whatever the unknown time hid."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from evaluators.model.episodes import Cause
from evaluators.model.times import Window


class Outcome(StrEnum):
    """The answer to a clause."""

    MET = "met"
    NOT_MET = "not_met"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not_applicable"
    PENDING = "pending"
    """The window is still open and both answers are still possible."""


class Level(StrEnum):
    """What a verdict is about."""

    ITEM = "item"
    EQUIPMENT = "equipment"
    SYSTEM = "system"
    SITE = "site"
    PART = "part"
    """Parts of one clause that are judged apart, such as two ratios of one sentence."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing judged; printed as ``level:id``, such as ``item:lift-1/car``."""

    level: Level
    id: str

    def __str__(self) -> str:
        return f"{self.level}:{self.id}"


@dataclass(frozen=True, slots=True)
class Missing:
    """How long (ns, summed over items) one cause kept the answer unknown."""

    cause: Cause | None
    length: int


class Mark(StrEnum):
    """How one thing that a verdict counts stands."""

    GOOD = "good"
    BAD = "bad"
    """It fails and can no longer be mended."""
    UNKNOWN = "unknown"
    """The evidence that would decide it is missing."""
    RUNNING = "running"
    """Not done yet, and still in time."""
    EXCLUDED = "excluded"
    """Not counted; the note says why."""
    FINDING = "finding"
    """Worth telling, counts for nothing."""


class Witness(StrEnum):
    """What telemetry says of a record."""

    CORROBORATED = "corroborated"
    CONTRADICTED = "contradicted"
    """Telemetry shows the opposite of what the record states."""
    NO_TRACE = "no_trace"
    """What was done would have left a trace, and telemetry was whole, but there is none."""
    BLIND = "blind"
    """It would have left a trace, but telemetry was not whole then."""
    NOT_WITNESSABLE = "not_witnessable"
    """No wire could show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that a verdict counts or tells: an event, an obligation, an entry of the ledger.

    ``about`` names it for a machine, such as ``complaint:C-12`` or ``lift-1 2026-03-04``; times are ns UTC.
    """

    about: str
    mark: Mark
    start: int | None = None
    """When its clock or its period began."""
    due: int | None = None
    """By when it is, or was, to be done: at that instant is still in time."""
    done: int | None = None
    """When it was done."""
    note: str = ""
    """Why it stands so, for a person."""
    owner: str = ""
    """Who has to act, where that is known."""
    records: tuple[str, ...] = ()
    """The records it rests on, each as ``kind:id@version``."""
    witness: Witness | None = None
    lasts: bool = False
    """Whether the fault it is about still goes on: telemetry may yet say more of it, though it is decided."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many lines stand how."""

    good: int = 0
    bad: int = 0
    unknown: int = 0
    running: int = 0

    @property
    def settled(self) -> int:
        """Those that count towards the running value."""
        return self.good + self.bad + self.unknown


@dataclass(frozen=True, slots=True)
class Account:
    """Time in each state: nanoseconds over a window, or numbers of items at an instant."""

    up: int = 0
    down: int = 0
    unknown: int = 0
    planned: int = 0
    not_required: int = 0

    def __add__(self, other: Account) -> Account:
        return Account(
            self.up + other.up,
            self.down + other.down,
            self.unknown + other.unknown,
            self.planned + other.planned,
            self.not_required + other.not_required,
        )

    @property
    def required(self) -> int:
        """Up, down and unknown: planned time is excluded."""
        return self.up + self.down + self.unknown

    @property
    def interval(self) -> tuple[Fraction, Fraction] | None:
        """``[low, high]`` with planned time excluded; None where nothing was required."""
        return _interval(self.up, self.unknown, self.required)

    @property
    def interval_with_planned(self) -> tuple[Fraction, Fraction] | None:
        """``[low, high]`` with planned time counted as required and not usable."""
        return _interval(self.up, self.unknown, self.required + self.planned)

    @property
    def coverage(self) -> Fraction | None:
        """The known part of the required time; None where nothing was required."""
        if not self.unknown:
            return _ALL if self.required else None
        return Fraction(self.up + self.down, self.required)


_ALL = Fraction(1)


def _interval(up: int, unknown: int, required: int) -> tuple[Fraction, Fraction] | None:
    if not required:
        return None
    low = Fraction(up, required)
    return low, Fraction(up + unknown, required) if unknown else low


@dataclass(frozen=True, slots=True)
class Swing:
    """How the snapshot moved over a window: its minimum as an interval, and its time under the threshold.

    ``under_surely``: ns in which even the unknown items taken as up did not reach the threshold;
    ``under_possibly``: with the unknown ones taken as down. Instants at which no item is required are left out;
    the minimum is None where there was no other.
    """

    minimum: tuple[Fraction, Fraction] | None
    under_surely: int
    under_possibly: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """One judged clause for one subject and window, as of an instant.

    ``low`` takes all unknown time as failing, ``high`` as fulfilling; both None where there is nothing to
    judge. ``coverage`` is the known part of the required time, None where no time was required. ``as_of`` is the
    instant judged at, ns UTC: nothing later was looked at.
    """

    clause: str
    subject: Subject
    outcome: Outcome
    low: Fraction | None
    high: Fraction | None
    threshold: Fraction
    unit: str
    window: Window
    coverage: Fraction | None
    as_of: int
    missing: tuple[Missing, ...] = ()
    note: str = ""
    """What a reader must know beside the figures, such as a reading on which the answer depends."""
    tally: Tally | None = None
    """How many of ``lines`` stand how; None for availability, which counts time."""
    lines: tuple[Line, ...] = ()
    """What it counts, in the order of their starts; excluded ones and findings too."""
    facts: tuple[tuple[str, str], ...] = ()
    """Further figures beside the value, each with its unit, such as ``("median_s", "312")``."""
    account: Account | None = None
    """Of availability: what it was counted from."""
    swing: Swing | None = None
    """Of availability over a window: how the snapshot moved."""
    at_most: bool = False
    """Whether the value must not be above the threshold; else it must not be below it."""

    @property
    def surely_reaches(self) -> bool:
        """Whether even the worse end of the value is on the right side of the threshold."""
        if self.low is None or self.high is None:
            return False
        return self.high <= self.threshold if self.at_most else self.low >= self.threshold

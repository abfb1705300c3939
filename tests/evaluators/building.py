"""Small sites and sample streams for the tests of judging; times are plain small integers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from evaluators.model.clauses import Clause
from evaluators.model.episodes import Episode, State
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, Sample, ValueKind
from evaluators.model.site import Condition, Equipment, Item, Point, Site, System
from evaluators.model.times import WindowKind

CLAUSE = Clause(
    "1.4-availability", "一.4", "完好率", "Availability", "availability", Fraction(98, 100), "1", WindowKind.MONTH
)


def site(
    conditions: Sequence[Sequence[Condition]],
    hold: int = 3,
    *,
    life_safety: bool = False,
    required_from: int | None = None,
    judged_from: int | None = None,
) -> Site:
    """One lift an entry of ``conditions``, each with one item; points are ``d/0``, ``d/1`` …, all ints."""
    names = sorted({c.point for group in conditions for c in group})
    equipment = tuple(
        Equipment(
            f"lift-{n}",
            f"Lift {n}",
            "lifts",
            (Item(f"lift-{n}/car", "Car", tuple(group), life_safety, required_from),),
        )
        for n, group in enumerate(conditions)
    )
    points = tuple(Point(name, ValueKind.INT, "", "", hold) for name in names)
    systems = (System("lifts", "Lifts"), System("empty", "Nothing yet"))
    return Site("tower", "Tower", "UTC", systems, equipment, points, judged_from)


def works(point: str = "d/0", **more: object) -> Condition:
    """Usable while the point is 1."""
    return Condition(point, one_of=(1,), **more)  # type: ignore[arg-type]


def sample(time: int, value: int | None, quality: Quality = Quality.GOOD, point: int = 0) -> Sample:
    """One int sample; None is a time-out, uncertain ones are out of service."""
    if value is None:
        return Sample(point, time, None, Quality.BAD, Reason.TIMEOUT, time)
    reason = {Quality.GOOD: Reason.NONE, Quality.UNCERTAIN: Reason.OUT_OF_SERVICE, Quality.BAD: Reason.FAULT}[
        quality
    ]
    return Sample(point, time, value, quality, reason, time)


def block(samples: Iterable[Sample]) -> Block:
    """The samples as one block."""
    builder = BlockBuilder("bms")
    for s in samples:
        builder.add(s.point, ValueKind.INT, s.time, s.value, s.quality, s.reason)
    return builder.build(0)


def drawn(episodes: Iterable[Episode]) -> str:
    """Episodes as a line with one letter a tick: U up, D down, ? unknown, P planned, . not required."""
    letters = {State.UP: "U", State.DOWN: "D", State.UNKNOWN: "?", State.PLANNED: "P", State.NOT_REQUIRED: "."}
    return "".join(letters[e.state] * e.length for e in episodes)


def stream(line: str) -> list[Sample]:
    """Samples from a line with one letter a tick: U usable, D not, u uncertain, x timed out, a dot for none."""
    said = {"U": (1, Quality.GOOD), "D": (0, Quality.GOOD), "u": (1, Quality.UNCERTAIN), "x": (None, Quality.GOOD)}
    return [sample(t, *said[letter]) for t, letter in enumerate(line) if letter != "."]

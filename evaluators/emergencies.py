"""Emergencies: what calls for help at once, and when a test says that it is none.

A test was declared in time for the panel or the watch (a declaration of single items makes no alarm a test), or
the panel itself says that it is being tested. An alarm that was real before a test goes on through it; one that
begins in a test is real from the test's end on. Where it is unknown whether the panel is tested, it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from evaluators.debounce import (
    Condition,
    Delays,
    Phase,
    Spell,
    append,
    debounced,
    may_be_faulty,
    spells,
    watch_phases,
)
from evaluators.declarations import in_force
from evaluators.facts import Facts, Tracks
from evaluators.model.bodies import Declaration
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Watch


@dataclass(frozen=True, slots=True)
class Alarm:
    """One emergency: ``key`` is the watch's; of a fire alarm the panel's id, which has one alarm until reset."""

    key: str
    category: Category
    equipment: str
    spell: Spell


def alarms(facts: Facts, happenings: Tracks, delays: Delays) -> Iterator[Alarm]:
    """Every emergency that the watches saw over the tracks' time."""
    declared = _declared_tests(facts)
    for equipment in facts.site.equipment:
        tested = _test_mode(equipment, happenings)
        for key, watches in _calls(equipment).items():
            phases = _any_of(
                [
                    real(
                        long_enough(watch, happenings),
                        [
                            *tested,
                            *((t.start, t.end) for history in declared for t in in_force(history, watch.key)),
                        ],
                    )
                    for watch in watches
                ]
            )
            for spell in debounced(spells(phases), delays, on_delay_s=0):
                yield Alarm(key, watches[0].category, equipment.id, spell)


def _calls(equipment: Equipment) -> dict[str, list[Watch]]:
    """The emergency watches of a piece of equipment, by the key of what they call for; its fire alarms are one."""
    found: dict[str, list[Watch]] = {}
    parts = (part.watch for part in equipment.parts if part.watch is not None)
    for watch in (*equipment.watches, *parts):
        if watch.category.is_emergency:
            key = equipment.id if watch.category is Category.FIRE_ALARM else watch.key
            found.setdefault(key, []).append(watch)
    return found


def long_enough(watch: Watch, happenings: Tracks) -> list[Phase]:
    """A watch's phases, without those that did not last for as long as they have to."""
    found: list[Phase] = []
    for phase in watch_phases(happenings.get(watch.key, ())):
        short = phase.condition is Condition.FAULTY and phase.end - phase.start < watch.at_least_ns
        append(found, phase.start, phase.end, Condition.SOUND if short else phase.condition)
    return found


def _test_mode(equipment: Equipment, happenings: Tracks) -> list[tuple[int, int]]:
    """When the panel said that it is being tested."""
    return [
        (phase.start, phase.end)
        for watch in equipment.watches
        if watch.category is Category.TEST_MODE
        for phase in long_enough(watch, happenings)
        if phase.condition is Condition.FAULTY
    ]


def _declared_tests(facts: Facts) -> list[list[Record[Declaration]]]:
    """The histories of declarations that speak of a panel test; a version that does not takes it back."""
    found = []
    for history in facts.records.histories(Declaration):
        if any(version.body.panel_test for version in history):
            found.append([v if v.body.panel_test else replace(v, withdrawn=True) for v in history])
    return found


def real(phases: Iterable[Phase], tests: Iterable[tuple[int, int]]) -> list[Phase]:
    """The phases of an alarm with what is a test taken for sound; ``tests`` are half-open, ns UTC."""
    spans = sorted(tests)
    found: list[Phase] = []
    for phase in phases:
        for piece, tested in _cut(phase, spans):
            is_test = tested and not may_be_faulty(found)
            append(found, piece.start, piece.end, Condition.SOUND if is_test else phase.condition)
    return found


def _cut(phase: Phase, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Phase, bool]]:
    """A phase in pieces, each with whether it lies in one of the spans."""
    edges = {edge for span in spans for edge in span if phase.start < edge < phase.end}
    for start, end in pairwise(sorted({phase.start, phase.end, *edges})):
        yield replace(phase, start=start, end=end), any(low <= start < high for low, high in spans)


def _any_of(tracks: Sequence[Sequence[Phase]]) -> list[Phase]:
    """One track of several over the same time: faulty where one is, else unseen where one is."""
    seen = [track for track in tracks if track]
    edges = sorted({edge for track in seen for phase in track for edge in (phase.start, phase.end)})
    places = [0] * len(seen)
    found: list[Phase] = []
    for start, end in pairwise(edges):
        shown = set()
        for number, track in enumerate(seen):
            while track[places[number]].end <= start:
                places[number] += 1
            shown.add(track[places[number]].condition)
        worst = next((c for c in (Condition.FAULTY, Condition.UNSEEN) if c in shown), Condition.SOUND)
        append(found, start, end, worst)
    return found

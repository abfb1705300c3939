"""From states over time to faults: when each began and ended, as far as the wire showed it.

A fault is confirmed once it has lasted for the on-delay, and then began at its raw edge. It ends at the raw edge
at which the item came up, once it has been seen up for the off-delay; until then it goes on. Several cycles within
the chatter time are one fault, until that time has passed in quiet.

Unknown time between two spans that are down ends nothing, unknown time between two that are up hides nothing;
between the two it makes the edge an interval. Whether an item works that nobody requires is unknown if it was down
before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, ClassVar

from evaluators.model.episodes import Episode, State
from evaluators.model.times import SECOND_NS

NEVER = 2**63 - 1
"""Later than every instant: the end of what is not known to have ended."""


@dataclass(frozen=True, slots=True, order=True)
class Between:
    """An instant that lies somewhere in ``[earliest, latest]``, ns UTC."""

    earliest: int
    latest: int

    @classmethod
    def exactly(cls, at: int) -> Between:
        """An instant that is known."""
        return cls(at, at)

    @property
    def is_exact(self) -> bool:
        """Whether the instant is known."""
        return self.earliest == self.latest


@dataclass(frozen=True, slots=True, kw_only=True)
class Delays:
    """How faults are told from blips; seconds."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    on_s: int = 60
    """A fault lasts at least so long. An emergency needs none."""
    off_s: int = 300
    """It is over once it has been seen up for so long."""
    chatter_cycles: int = 3
    """So many cycles that begin within ``chatter_s`` are one chattering fault."""
    chatter_s: int = 3600
    """Which is over once it has been quiet for so long."""


class Condition(StrEnum):
    """What a span shows of something that can be faulty."""

    FAULTY = "faulty"
    SOUND = "sound"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Phase:
    """A half-open span ``[start, end)``, ns UTC, of one condition. Neighbours differ."""

    start: int
    end: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Spell:
    """Something faulty, from its start to its end; ``end.latest`` is `NEVER` while it goes on.

    ``until``: the end of the last time known to be sound after it and before the next one; of one that goes on,
    the end of the track. ``certain``: whether it surely lasted for the on-delay.
    """

    start: Between
    end: Between
    until: int
    chattering: bool = False
    certain: bool = True

    @property
    def quiet(self) -> int:
        """How long it is known to have been sound after it, ns; 0 while it goes on."""
        return 0 if self.end.latest == NEVER else self.until - self.end.latest


def item_phases(track: Iterable[Episode]) -> list[Phase]:
    """An item's states: down is faulty; planned and not required time is sound, unless it was down before."""
    found: list[Phase] = []
    for episode in track:
        condition = _OF_ITEM.get(episode.state)
        if condition is None:
            condition = Condition.UNSEEN if may_be_faulty(found) else Condition.SOUND
        append(found, episode.start, episode.end, condition)
    return found


def watch_phases(track: Iterable[Episode]) -> list[Phase]:
    """A watch's states, what it looks out for being ``faulty``."""
    found: list[Phase] = []
    for episode in track:
        append(found, episode.start, episode.end, _OF_WATCH.get(episode.state, Condition.UNSEEN))
    return found


_OF_ITEM = {State.DOWN: Condition.FAULTY, State.UP: Condition.SOUND, State.UNKNOWN: Condition.UNSEEN}
_OF_WATCH = {State.UP: Condition.FAULTY, State.DOWN: Condition.SOUND}


def may_be_faulty(found: Sequence[Phase]) -> bool:
    """Whether the last condition that was seen is faulty."""
    known = (phase.condition for phase in reversed(found[-2:]) if phase.condition is not Condition.UNSEEN)
    return next(known, Condition.SOUND) is Condition.FAULTY


def append(found: list[Phase], start: int, end: int, condition: Condition) -> None:
    """Add a span to the end, joined with the last one where that shows the same; an empty one is left out."""
    if end <= start:
        return
    if found and found[-1].condition is condition:
        found[-1] = Phase(found[-1].start, end, condition)
    else:
        found.append(Phase(start, end, condition))


def spells(phases: Iterable[Phase]) -> list[Spell]:
    """Every faulty time, undebounced; two of them without sound time between are one."""
    found: list[Spell] = []
    sound_until: int | None = None
    start: Between | None = None
    last_faulty = until = 0
    for phase in phases:
        until = phase.end
        sound_until = phase.start if sound_until is None else sound_until
        if phase.condition is Condition.FAULTY:
            start = start or Between(sound_until, phase.start)
            last_faulty = phase.end
        elif phase.condition is Condition.SOUND:
            if start is not None:
                found.append(Spell(start, Between(last_faulty, phase.start), phase.end))
                start = None
            elif found:
                found[-1] = replace(found[-1], until=phase.end)
            sound_until = phase.end
    if start is not None:
        found.append(Spell(start, Between(last_faulty, NEVER), until))
    return found


def debounced(found: Iterable[Spell], delays: Delays, on_delay_s: int | None = None) -> list[Spell]:
    """The faults among the spells of one track, in order; ``on_delay_s`` goes over that of ``delays``.

    A chattering fault begins with the first of its cycles that was confirmed, or else with the one that made it
    chatter. One that has not been quiet for long enough at the end of the track goes on.
    """
    on_delay = (delays.on_s if on_delay_s is None else on_delay_s) * SECOND_NS
    chatter = delays.chatter_s * SECOND_NS
    faults: list[Spell] = []
    starts: list[int] = []
    for spell in found:
        starts = [*(at for at in starts if spell.start.latest - at < chatter), spell.start.latest]
        chatters = len(starts) >= delays.chatter_cycles
        if faults and faults[-1].quiet < _quiet_needed(faults[-1], delays):
            faults[-1] = _joined(faults[-1], spell, chatters, on_delay)
        elif chatters:
            begun = next((n for n, fault in enumerate(faults) if fault.start.latest >= starts[0]), len(faults))
            first = faults[begun] if begun < len(faults) else spell
            faults[begun:] = [replace(spell, start=first.start, chattering=True)]
        elif spell.end.latest - spell.start.earliest >= on_delay:
            faults.append(replace(spell, certain=_surely_lasts(spell, on_delay)))
    if faults and faults[-1].quiet < _quiet_needed(faults[-1], delays):
        faults[-1] = replace(faults[-1], end=Between(faults[-1].end.earliest, NEVER))
    return [fault for fault in faults if fault.certain or not _is_new(fault, on_delay)]


def _quiet_needed(fault: Spell, delays: Delays) -> int:
    return (delays.chatter_s if fault.chattering else delays.off_s) * SECOND_NS


def _joined(fault: Spell, spell: Spell, chatters: bool, on_delay: int) -> Spell:
    return replace(
        spell,
        start=fault.start,
        chattering=fault.chattering or chatters,
        certain=fault.certain or _surely_lasts(spell, on_delay),
    )


def _surely_lasts(spell: Spell, on_delay: int) -> bool:
    return spell.end.earliest - spell.start.latest >= on_delay


def _is_new(fault: Spell, on_delay: int) -> bool:
    """Whether it goes on and cannot have lasted for the on-delay yet."""
    return fault.end.latest == NEVER and fault.until - fault.start.earliest < on_delay


def held(phases: Iterable[Phase], after: int, hold: int) -> int | None:
    """The first instant from ``after`` on (ns UTC) from which it was seen sound for ``hold`` ns; None: none."""
    for phase in phases:
        since = max(phase.start, after)
        if phase.condition is Condition.SOUND and phase.end > after and phase.end - since >= hold:
            return since
    return None


def shown_at(phases: Iterable[Phase], instant: int) -> Condition:
    """What was shown at an instant; unseen where the track does not reach it."""
    return next((phase.condition for phase in phases if phase.start <= instant < phase.end), Condition.UNSEEN)

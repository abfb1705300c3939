"""What was declared, laid over the states of an item."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from evaluators.model.episodes import State
from evaluators.tracks import Change, merged, pieces


class Stretch(NamedTuple):
    """An item is declared to be in ``state`` (planned or not required) over ``[start, end)``, ns UTC."""

    start: int
    end: int
    state: State


OpenFault = Callable[[int], bool | None]
"""Whether a fault was open at an instant, as it was known then; None where that was not known."""


def reach_back(found: Iterable[Stretch], start: int) -> int:
    """Where a track that begins at ``start`` has to begin for `lay`: the start of the first of the stretches that
    lead up to it without a hole."""
    for stretch in sorted(found, key=lambda s: -s.end):
        if stretch.start < start <= stretch.end:
            start = stretch.start
    return start


def lay(changes: Sequence[Change], end: int, found: Iterable[Stretch], open_fault: OpenFault) -> list[Change]:
    """The track up to ``end`` with what was declared laid over it, in order of start.

    Planned work covers time that is down or unknown, a stand-down also time that is up. Neither begins over an
    open fault: the item stays down until it is known to be up, and is unknown until then where nobody can tell
    whether a fault was open. Stretches that touch go on from one to the next.
    """
    pending = sorted(found)
    result: list[Change] = []
    active: list[_Layer] = []
    place = 0
    for (start, state, cause), until in pieces(changes, end):
        at = start
        while at < until:
            before, active = active, [layer for layer in active if layer.stretch.end > at]
            while place < len(pending) and pending[place].start <= at:
                if pending[place].end > at:
                    active.append(_begun(pending[place], result, before, open_fault))
                place += 1
            edges = [layer.stretch.end for layer in active]
            if place < len(pending):
                edges.append(pending[place].start)
            shown = state
            for layer in active:
                shown = layer.over(shown)
            result.append((at, shown, cause if shown is State.UNKNOWN else None))
            at = min(until, *edges) if edges else until
    return merged(result)


class _Layer:
    """A stretch that has begun; ``fault``: whether a fault is open under it, None where nobody can tell."""

    __slots__ = ("fault", "stretch")

    def __init__(self, stretch: Stretch, fault: bool | None) -> None:
        self.stretch = stretch
        self.fault = fault

    def over(self, state: State) -> State:
        """What the state below looks like through it."""
        if state is State.UP:
            self.fault = False
            return self.stretch.state if self.stretch.state is State.NOT_REQUIRED else state
        if state is State.UNKNOWN and self.fault:
            self.fault = None  # it may have been mended meanwhile
        if state not in (State.DOWN, State.UNKNOWN) or self.fault:
            return state
        return State.UNKNOWN if self.fault is None else self.stretch.state


def _begun(stretch: Stretch, shown: Sequence[Change], layers: Iterable[_Layer], open_fault: OpenFault) -> _Layer:
    """The layer of a stretch that begins after what is ``shown`` so far, under ``layers``."""
    if shown and shown[-1][1] in (State.PLANNED, State.NOT_REQUIRED):
        return _Layer(stretch, False)
    fault = open_fault(stretch.start)
    if fault and any(layer.fault is None for layer in layers):
        fault = None  # it may have begun under a stretch that goes on into this one
    return _Layer(stretch, fault)

"""Which windows have to be judged at an instant.

Those are the open ones; closed ones that are not settled yet, since a clock still runs in them or the wire may
still say more; and settled ones that a late fact touched. Closed ones of which nothing can change but what is said
of a fault that still goes on are judged once an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from evaluators.model.clauses import Clause
from evaluators.model.times import HOUR_NS, Window, WindowKind
from evaluators.model.verdicts import Mark, Outcome, Verdict
from evaluators.windows import at_instant, between, containing, rolling, standing


def current(clause: Clause, as_of: int, zone: tzinfo) -> Window:
    """The window that a clause is judged over at ``as_of``; at the very end of one it is still that one."""
    match clause.window:
        case WindowKind.STANDING:
            return standing(as_of)
        case WindowKind.INSTANT:
            return at_instant(as_of)
        case WindowKind.ROLLING:
            return rolling(clause.window_days, as_of)
        case _:
            return containing(clause.window, as_of - 1, zone)


REST_NS = HOUR_NS
"""How often a window is judged in which nothing but a fault goes on."""


def is_decided(window: Window, verdicts: Iterable[Verdict], as_of: int, settle_ns: int) -> bool:
    """Whether only late facts can still change the marks of what was judged of a window at ``as_of``.

    ``settle_ns``: how long after its end the wire may still say what was before it.
    """
    if not window.kind.is_calendar or window.end + settle_ns > as_of:
        return False
    return not any(
        verdict.outcome is Outcome.PENDING or any(line.mark is Mark.RUNNING for line in verdict.lines)
        for verdict in verdicts
    )


def is_settled(window: Window, verdicts: Sequence[Verdict], as_of: int, settle_ns: int) -> bool:
    """Whether only late facts can still change anything of it: it is decided, and no fault in it goes on."""
    return is_decided(window, verdicts, as_of, settle_ns) and not any(
        line.lasts for verdict in verdicts for line in verdict.lines
    )


class Docket:
    """The calendar windows of each clause that are not done with.

    ``since``: from this instant on (ns UTC) windows are judged; ``open_windows``: earlier ones that are known not
    to be settled.
    """

    def __init__(
        self,
        clauses: Sequence[Clause],
        zone: tzinfo,
        since: int,
        open_windows: Iterable[tuple[str, Window]] = (),
    ) -> None:
        self._zone = zone
        self._open: dict[str, set[Window]] = {clause.id: set() for clause in clauses}
        self._rests: dict[tuple[str, Window], int] = {}
        """Until when windows need not be judged."""
        self._through = dict.fromkeys(self._open, since)
        for clause_id, window in open_windows:
            if clause_id in self._open:
                self._open[clause_id].add(window)

    def due(self, clause: Clause, as_of: int) -> tuple[Window, ...]:
        """The windows to judge at ``as_of``, the earliest first, the current one last."""
        if not clause.window.is_calendar:
            return (current(clause, as_of, self._zone),)
        through = min(self._through[clause.id], as_of - 1)
        fresh = between(clause.window, through, as_of, self._zone)
        begun = (each for each in self._open[clause.id] if each.start < as_of)  # a clock may have been ahead
        waiting = (each for each in begun if self._rests.get((clause.id, each), as_of) <= as_of)
        return tuple(sorted({*waiting, *fresh}, key=lambda window: window.start))

    def judged(self, clause: Clause, window: Window, as_of: int, *, settled: bool, decided: bool = False) -> None:
        """Note that a window was judged at ``as_of``; one that is decided but not settled rests for a while."""
        if not window.kind.is_calendar:
            return
        self._rests.pop((clause.id, window), None)
        if decided and not settled:
            self._rests[clause.id, window] = as_of + REST_NS
        if settled:
            self._open[clause.id].discard(window)
        else:
            self._open[clause.id].add(window)
        self._through[clause.id] = max(self._through[clause.id], min(window.end, as_of) - 1)

    def go_back(self, as_of: int) -> None:
        """The clock had been ahead: what follows ``as_of`` is still to be judged."""
        for name, through in self._through.items():
            self._through[name] = min(through, as_of - 1)

    def reopen(self, clause: Clause, start: int, end: int, since: int) -> None:
        """A late fact speaks of ``[start, end]``: every window it touches is due again, those before ``since``
        excepted."""
        if not clause.window.is_calendar:
            return
        upto = min(end, self._through[clause.id]) + 1
        touched = [each for each in between(clause.window, start, upto, self._zone) if each.end > since]
        self._open[clause.id].update(touched)
        for window in touched:
            self._rests.pop((clause.id, window), None)

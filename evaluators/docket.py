"""Which windows have to be judged at an instant.

Those are the open ones; closed ones that are not settled yet, since a clock still runs in them or the wire may
still say more; and settled ones that a late fact touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from evaluators.model.clauses import Clause
from evaluators.model.times import Window, WindowKind
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


def is_settled(window: Window, verdicts: Iterable[Verdict], as_of: int, settle_ns: int) -> bool:
    """Whether only late facts can still change what was judged of a window at ``as_of``.

    ``settle_ns``: how long after its end the wire may still say what was before it.
    """
    if not window.kind.is_calendar or window.end + settle_ns > as_of:
        return False
    return not any(
        verdict.outcome is Outcome.PENDING or any(line.mark is Mark.RUNNING for line in verdict.lines)
        for verdict in verdicts
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
        return tuple(sorted({*self._open[clause.id], *fresh}, key=lambda window: window.start))

    def judged(self, clause: Clause, window: Window, as_of: int, *, settled: bool) -> None:
        """Note that a window was judged at ``as_of``."""
        if not window.kind.is_calendar:
            return
        if settled:
            self._open[clause.id].discard(window)
        else:
            self._open[clause.id].add(window)
        self._through[clause.id] = max(self._through[clause.id], min(window.end, as_of) - 1)

    def reopen(self, clause: Clause, start: int, end: int, since: int) -> None:
        """A late fact speaks of ``[start, end]``: every window it touches is due again, those before ``since``
        excepted."""
        if not clause.window.is_calendar:
            return
        upto = min(end, self._through[clause.id]) + 1
        windows = between(clause.window, start, upto, self._zone)
        self._open[clause.id].update(window for window in windows if window.end > since)

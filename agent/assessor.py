"""The reader that judges: follows the journal with its own cursors and keeps every clause's standing.

The same code judges live and recomputes from the journal, so both give the same verdicts. What it has folded is
kept as runs; a restart goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from zoneinfo import ZoneInfo

import structlog

from agent.gaps.store import changed_gaps
from agent.history.counters import CURSOR as COUNTERS
from agent.history.counters import ends
from agent.history.history import History
from agent.judged.runs import read_position, read_runs
from agent.judged.store import Answer, VerdictBook, open_windows
from agent.records.store import read as read_records
from evaluators.claims import DoubtedClaim, doubted_claims
from evaluators.docket import Docket, current, is_decided, is_settled
from evaluators.energy.keeping import KEPT_NS
from evaluators.facts import Facts, Tracks
from evaluators.gaps import GapLedger
from evaluators.keeping import without_samples
from evaluators.model.bodies import WorkOrder
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.gaps import Gap
from evaluators.model.samples import Block
from evaluators.model.site import Site
from evaluators.model.times import Window
from evaluators.model.verdicts import Verdict
from evaluators.reach import outage_began, reach
from evaluators.recordbook import RecordBook, instants
from evaluators.registry import KINDS, failed, judge
from evaluators.standing import Standing, StoredRun
from evaluators.telemetry import Stated
from evaluators.windows import at_instant

log = structlog.get_logger()

BATCH = 500
STATED = frozenset(kind.KIND for kind in Stated.KINDS)
"""Records that change what telemetry shows of items."""
SETTLE_NS = 10**9
"""Beside the longest hold: how long a sample may take to be journaled."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one look at the site gave: the current verdicts, all that were judged, of closed windows too, and what
    is to be kept in one transaction.

    It rests on the journal up to the positions ``block`` and ``record``, and on the ledger of gaps up to the
    revision ``gap``. ``runs`` is None where none were asked for.
    """

    as_of: int
    since: int
    verdicts: tuple[Verdict, ...]
    judged: tuple[Verdict, ...]
    answers: tuple[Answer, ...]
    runs: tuple[StoredRun, ...] | None
    block: int
    record: int
    gap: int


@dataclass(slots=True)
class _Late:
    """Facts about the past: per kind of evidence the span of time that they may have changed."""

    spans: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    def note(self, evidence: str, start: int, end: int | None) -> None:
        """Widen the span of one kind of evidence; an end of None is open."""
        before = self.spans.get(evidence)
        if before is not None:
            start = min(start, before[0])
            end = None if end is None or before[1] is None else max(end, before[1])
        self.spans[evidence] = (start, end)


@dataclass(frozen=True, slots=True, order=True)
class _Foretold:
    """A record names an instant ``at`` that has not come: what it states of it is a deed only then."""

    at: int
    evidence: str
    start: int
    end: int | None


class Assessor:
    """Judges a site's clauses from its journal. Not thread-safe: use it from one thread at a time.

    `round` judges windows from ``since`` (ns UTC) on, or from where the site file says; where the journal was
    judged before it goes on from there. What a round gave to keep must be kept before the next one; if that
    fails, only a new assessor knows what is on disk.
    """

    def __init__(
        self,
        site: Site,
        numbers: Mapping[str, int],
        clauses: Sequence[Clause],
        history: History,
        calendar: WorkCalendar | None = None,
        since: int = 0,
        *,
        resume: bool = True,
    ) -> None:
        self._site = site
        self._numbers = numbers
        self._zone = ZoneInfo(site.zone)
        self._clauses = clauses
        self._calendar = calendar or WorkCalendar()
        self._history = history
        self._meters = site.meters if any(KINDS[clause.kind].meters for clause in clauses) else ()
        with history.snapshot():
            position = read_position(history) if resume else None
            self._goes_on = position is not None
            self._standing = self._restored()
            self._read_meters(position.block if position else 0)
        self._cursor = position.block if position else 0
        self._records = RecordBook(self._zone)
        self._record_cursor = 0
        self._records_judged = position.record if position else 0
        self._gaps: dict[int, Gap] = {}
        self._gap_cursor = 0
        self._gaps_judged = position.gap if position else 0
        self._ledger = GapLedger()
        self._since = max(since, site.judged_from or 0)
        self._docket = Docket(clauses, self._zone, position.at if position else self._since, open_windows(history))
        self._book = VerdictBook(history)
        self._judged_at = position.at if position else self._since
        self._foretold: list[_Foretold] = []
        self._late = _Late()
        self._orders: list[WorkOrder] = []
        """Every version of those that came, or were amended, since the last round."""
        self._settle_ns = max((point.hold_ns for point in site.points), default=0) + SETTLE_NS
        self.failures: dict[str, Exception] = {}
        """What went wrong when a clause was judged last, by its id: such an answer is never final."""
        self.too_late = 0
        """How often samples came that would have changed what is let go: they are kept, and judging stays."""

    def _restored(self) -> Standing:
        """What was folded before; where it does not go on from there, only what cannot be folded anew."""
        history, horizon = self._history, self._history.pruned().horizon
        stored: Iterable[StoredRun] = ()
        if self._goes_on:
            stored = read_runs(history)
        elif horizon:
            stored = without_samples(read_runs(history), horizon)
        standing = Standing.restore(self._site, self._numbers, stored, horizon, self._meters)
        for point in sorted(standing.unfolded):  # a rule of the site file is new, or another
            standing.refold(point, history.samples([point], _after(horizon, point)))
        return standing

    def _read_meters(self, judged: int) -> None:
        """What meters read up to the block ``judged``: what is kept of it, and what is not kept yet."""
        if not self._meters:
            return
        for meter in self._meters:
            point = self._numbers[meter.point]
            for first, last in ends(self._history, point, KEPT_NS):
                self._standing.count(point, *first)
                self._standing.count(point, *last)
        position = self._history.cursors().get(COUNTERS, 0)
        while position < judged and (batch := self._history.blocks(position, BATCH)):
            for position, block in batch:
                if position <= judged:
                    self._standing.take_readings(block)
        self._standing.late_readings()

    @property
    def records(self) -> RecordBook:
        """Every record taken so far."""
        return self._records

    @property
    def horizon(self) -> int | None:
        """Of samples that rules look at, those up to this time (ns UTC) were let go: what was folded of them
        counts."""
        gone = self._standing.horizon
        return max((gone[point] for point in self._standing.points if point in gone), default=None)

    def catch_up(self, go_on: Callable[[], bool] = lambda: True) -> bool:
        """Fold everything journaled since the last call; False where ``go_on`` said to leave off before the end.

        Points whose past was changed by late samples are folded anew from shortly before these.
        """
        late: dict[int, int] = {}
        too_late = self.too_late
        while go_on() and (batch := self._history.blocks(self._cursor, BATCH)):
            for position, block in batch:
                for point in self._standing.take(block):
                    self._note_late(late, point, block)
                self._cursor = position
        for point, earliest in sorted(late.items()):
            with self._history.snapshot():
                self._standing.horizon = self._history.pruned().horizon
                since = self._standing.needed_from(point, earliest)
                self._standing.refold(point, self._history.samples([point], since), earliest)
        if late:
            self._late.note("telemetry", min(late.values()) - self._settle_ns, None)
        counted_late = self._standing.late_readings()
        if counted_late is not None:
            self._late.note("telemetry", counted_late, None)
        if self.too_late > too_late and self._goes_on:
            log.warning("samples of a time that was let go: kept, but not judged", times=self.too_late - too_late)
        self._take_records()
        self._take_gaps()
        return go_on()

    def _note_late(self, late: dict[int, int], point: int, block: Block) -> None:
        """A block holds late samples of a point. Those whose neighbours were let go change nothing any more."""
        horizon = self._history.pruned().horizon.get(point)
        times = [time for time in _times(block, point) if horizon is None or time > horizon]
        if times:
            late[point] = min(late.get(point, block.received), *times)
        else:
            self.too_late += 1

    def _take_records(self) -> None:
        for seq, record in read_records(self._history, self._record_cursor):
            self._records.add(record)
            self._record_cursor = seq
            versions = self._records.versions(record)
            reaches = [reach(version, self._records, self._zone) for version in versions]
            start = min(begun for begun, _ in reaches)
            ends = [ended for _, ended in reaches]
            end = None if None in ends else max(ended for ended in ends if ended is not None)
            if seq > self._records_judged:
                self._late.note(record.kind, start, end)
                self._orders += [v.body for v in versions if isinstance(v.body, WorkOrder)]
            for at in instants(record, self._zone):
                if at >= self._judged_at:
                    heappush(self._foretold, _Foretold(at, record.kind, start, end))

    def _take_gaps(self) -> None:
        """What is noted or changed in the ledger explains the past in other words: that is a late fact."""
        changed = changed_gaps(self._history, self._gap_cursor)
        for revision, number, gap in changed:
            if revision > self._gaps_judged:
                self._late.note("telemetry", *_reworded(self._gaps.get(number), gap))
            self._gaps[number] = gap
            self._gap_cursor = revision
        if changed:
            self._ledger = GapLedger(self._gaps.values())

    def judge(self, as_of: int) -> list[Verdict]:
        """Every clause's current window for every subject at the instant ``as_of`` (ns UTC), from what was folded
        so far; of clauses about time also the instant itself."""
        facts = self.facts(as_of)
        found: list[Verdict] = []
        for clause in self._clauses:
            found += self._snapshot(clause, facts)
            found += self._anew(clause, facts, current(clause, as_of, self._zone))
        return found

    def judge_window(self, clause: Clause, window: Window, as_of: int) -> tuple[Verdict, ...]:
        """One clause over one window."""
        return judge(clause, self.facts(as_of), window)

    def doubted_claims(
        self, window: Window, as_of: int, cited: Collection[str] | None = None
    ) -> list[DoubtedClaim]:
        """The records of a window that telemetry does not bear out; ``cited``: of these alone."""
        return doubted_claims(self.facts(as_of), window, cited)

    def round(self, as_of: int, *, keep_runs: bool) -> Round:
        """Judge all that is due at ``as_of`` (ns UTC), and say what of it is new; with ``keep_runs`` also what was
        folded since it was asked for last."""
        facts = self.facts(as_of)
        self._reopen(facts)
        shown: list[Verdict] = []
        judged: list[Verdict] = []
        answers: list[Answer] = []
        for clause in self._clauses:
            newest = self._snapshot(clause, facts)
            shown += newest
            judged += newest
            for window in self._docket.due(clause, as_of):
                newest = self._anew(clause, facts, window)
                judged += newest
                settle_ns = self._settle_ns + self._settling(clause)
                wrong = clause.id in self.failures
                final = not wrong and is_settled(window, newest, as_of, settle_ns)
                decided = not wrong and is_decided(window, newest, as_of, settle_ns)
                answers += self._book.answers(newest, final=final)
                self._docket.judged(clause, window, as_of, settled=final, decided=decided)
            shown += newest
        runs = tuple(self._standing.drain()) if keep_runs else None
        return Round(
            as_of,
            self._since,
            tuple(shown),
            tuple(judged),
            tuple(answers),
            runs,
            self._cursor,
            self._record_cursor,
            self._gap_cursor,
        )

    def _settling(self, clause: Clause) -> int:
        return 0 if clause.parameters is None else KINDS[clause.kind].settling(clause.parameters, self._site)

    def episodes(self, start: int, end: int) -> Tracks:
        """Every item's states over ``[start, end)``, by item key, as known at ``end``."""
        return self.facts(end).telemetry.episodes(start, end)

    def happenings(self, start: int, end: int) -> Tracks:
        """Every watch's states over ``[start, end)``, by its key, as known at ``end``."""
        return self.facts(end).telemetry.happenings(start, end)

    def facts(self, as_of: int) -> Facts:
        """What judging rests on at an instant (ns UTC), from what was folded so far."""
        telemetry = self._standing.view(self._records, as_of, self._zone, self._ledger)
        return Facts(self._site, self._zone, self._calendar, self._records, telemetry, as_of)

    def _reopen(self, facts: Facts) -> None:
        as_of = facts.as_of
        began = outage_began(self._orders, facts, self._since)
        if began is not None:
            self._late.note(WorkOrder.KIND, began, as_of)
        self._orders.clear()
        while self._foretold and self._foretold[0].at <= as_of:
            come = heappop(self._foretold)
            self._late.note(come.evidence, come.start, come.end)
        if as_of < self._judged_at:
            self._docket.go_back(as_of)
        self._judged_at = as_of
        for clause in self._clauses:
            for evidence, (start, end) in self._late.spans.items():
                if evidence in clause.evidence or (evidence in STATED and "telemetry" in clause.evidence):
                    self._docket.reopen(
                        clause, max(start, self._since), as_of if end is None else end, self._since
                    )
        self._late = _Late()

    def _anew(self, clause: Clause, facts: Facts, window: Window) -> tuple[Verdict, ...]:
        """Judge. What goes wrong with one clause is that clause's answer, and keeps no other from being judged."""
        try:
            found = judge(clause, facts, window)
        except Exception as error:  # a mistake of ours in one kind must not silence the rest
            if clause.id not in self.failures:
                log.exception("a clause cannot be judged", clause=clause.id)
            self.failures[clause.id] = error
            return (failed(clause, facts, window, error),)
        self.failures.pop(clause.id, None)
        return found

    def _snapshot(self, clause: Clause, facts: Facts) -> tuple[Verdict, ...]:
        """The instant itself, of clauses that count usable items."""
        return self._anew(clause, facts, at_instant(facts.as_of)) if clause.kind == "availability" else ()


def _times(block: Block, point: int) -> Iterator[int]:
    for part in block.columns:
        for number, time in zip(part.points, part.times, strict=True):
            if number == point:
                yield time


def _after(horizon: Mapping[int, int], point: int) -> int | None:
    return horizon[point] + 1 if point in horizon else None


def _reworded(before: Gap | None, now: Gap) -> tuple[int, int | None]:
    """The span that a gap explains, or does no longer; an end of None is open."""
    if before is None:
        return now.start, now.end
    ends = [end for end in (before.end, now.end) if end is not None]
    return min(ends, default=now.start), max(ends) if len(ends) == 2 else None


def _earliest(block: Block, point: int) -> int:
    times = (
        time
        for part in block.columns
        for number, time in zip(part.points, part.times, strict=True)
        if number == point
    )
    return min(times)

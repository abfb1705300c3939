"""From lines to a verdict: the arithmetic that all kinds share which count things rather than time.

What is unknown is taken as failing for ``low`` and as good for ``high``. What is still running does not count
towards the value, but keeps the verdict open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from evaluators.model.clauses import Clause
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Outcome, Subject, Tally, Verdict


def tally(lines: Iterable[Line]) -> Tally:
    """How many lines stand how; excluded ones and findings are not counted."""
    counts = dict.fromkeys(Mark, 0)
    for line in lines:
        counts[line.mark] += 1
    return Tally(counts[Mark.GOOD], counts[Mark.BAD], counts[Mark.UNKNOWN], counts[Mark.RUNNING])


def share(counts: Tally) -> tuple[Fraction, Fraction] | None:
    """The good ones among the settled ones as ``[low, high]``; None where nothing is settled."""
    if not counts.settled:
        return None
    return Fraction(counts.good, counts.settled), Fraction(counts.good + counts.unknown, counts.settled)


def by_share(
    clause: Clause,
    subject: Subject,
    window: Window,
    as_of: int,
    lines: Sequence[Line],
    *,
    all_known: bool = False,
    note: str = "",
    facts: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    """The verdict where the share of good lines must reach the clause's threshold.

    ``all_known``: an open window can bring no lines but those given (obligations, as against events). The verdict
    is `pending` while the window is open or a line runs, `not_met` as soon as no turn for the better can reach the
    threshold, `not_applicable` where a closed window has nothing to count.
    """
    counts = tally(lines)
    is_open = window.end > as_of
    total = counts.settled + counts.running
    best = Fraction(total - counts.bad, total) if total else Fraction(1)
    more_may_come = is_open and not all_known
    mendable = best >= clause.threshold or (more_may_come and clause.threshold < 1)
    interval = share(counts)
    if not mendable:
        outcome = Outcome.NOT_MET
    elif is_open or counts.running:
        outcome = Outcome.PENDING
    else:
        outcome = _against(interval, clause.threshold)
    return _verdict(clause, subject, window, as_of, outcome, interval, lines, counts, note, facts)


def by_amount(
    clause: Clause,
    subject: Subject,
    window: Window,
    as_of: int,
    interval: tuple[Fraction, Fraction] | None,
    lines: Sequence[Line],
    *,
    best: Fraction | None = None,
    note: str = "",
    facts: tuple[tuple[str, str], ...] = (),
) -> Verdict:
    """The verdict where an amount (a count, hours, people) must reach the clause's threshold.

    ``best`` is what an open window can still come to; None: anything. An open window is `pending`, or `not_met`
    once even ``best`` is too little; an amount of None in a closed one is `not_applicable`.
    """
    if window.end > as_of:
        lost = best is not None and best < clause.threshold
        outcome = Outcome.NOT_MET if lost else Outcome.PENDING
    else:
        outcome = _against(interval, clause.threshold)
    return _verdict(clause, subject, window, as_of, outcome, interval, lines, tally(lines), note, facts)


def _against(interval: tuple[Fraction, Fraction] | None, threshold: Fraction) -> Outcome:
    if interval is None:
        return Outcome.NOT_APPLICABLE
    if interval[0] >= threshold:
        return Outcome.MET
    return Outcome.NOT_MET if interval[1] < threshold else Outcome.UNDETERMINED


def _verdict(
    clause: Clause,
    subject: Subject,
    window: Window,
    as_of: int,
    outcome: Outcome,
    interval: tuple[Fraction, Fraction] | None,
    lines: Sequence[Line],
    counts: Tally,
    note: str,
    facts: tuple[tuple[str, str], ...],
) -> Verdict:
    low, high = interval or (None, None)
    known = Fraction(counts.settled - counts.unknown, counts.settled) if counts.settled else None
    ordered = tuple(sorted(lines, key=lambda line: (line.start or 0, line.about)))
    return Verdict(
        clause=clause.id,
        subject=subject,
        outcome=outcome,
        low=low,
        high=high,
        threshold=clause.threshold,
        unit=clause.unit,
        window=window,
        coverage=known,
        as_of=as_of,
        note=note,
        tally=counts,
        lines=ordered,
        facts=facts,
    )

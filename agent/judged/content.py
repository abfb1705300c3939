"""A verdict as JSON and back. Pure. Fractions are text (``"49/50"``), instants whole nanoseconds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from fractions import Fraction
from typing import Any

from evaluators.model.episodes import Cause
from evaluators.model.gaps import GapCause
from evaluators.model.samples import Reason
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import (
    Account,
    Level,
    Line,
    Mark,
    Missing,
    Outcome,
    Subject,
    Swing,
    Tally,
    Verdict,
    Witness,
)

Json = dict[str, Any]


def encode(verdict: Verdict) -> Json:
    """Everything that was judged."""
    return {
        "clause": verdict.clause,
        "subject": [verdict.subject.level.value, verdict.subject.id],
        "outcome": verdict.outcome.value,
        "low": _ratio(verdict.low),
        "high": _ratio(verdict.high),
        "threshold": _ratio(verdict.threshold),
        "unit": verdict.unit,
        "window": [verdict.window.kind.value, verdict.window.start, verdict.window.end],
        "coverage": _ratio(verdict.coverage),
        "as_of": verdict.as_of,
        "missing": [_missing(each) for each in verdict.missing],
        "note": verdict.note,
        "tally": verdict.tally and _numbers(verdict.tally),
        "lines": [_line(line) for line in verdict.lines],
        "facts": [list(fact) for fact in verdict.facts],
        "account": verdict.account and _numbers(verdict.account),
        "swing": verdict.swing and _swing(verdict.swing),
        **({"at_most": True} if verdict.at_most else {}),
    }


def decode(content: Json) -> Verdict:
    """The verdict of `encode`."""
    level, name = content["subject"]
    kind, start, end = content["window"]
    return Verdict(
        clause=content["clause"],
        subject=Subject(Level(level), name),
        outcome=Outcome(content["outcome"]),
        low=_fraction(content["low"]),
        high=_fraction(content["high"]),
        threshold=Fraction(content["threshold"]),
        unit=content["unit"],
        window=Window(WindowKind(kind), start, end),
        coverage=_fraction(content["coverage"]),
        as_of=content["as_of"],
        missing=tuple(_read_missing(*each) for each in content["missing"]),
        note=content["note"],
        tally=None if content["tally"] is None else Tally(**content["tally"]),
        lines=tuple(_read_line(line) for line in content["lines"]),
        facts=tuple((name, value) for name, value in content["facts"]),
        account=None if content["account"] is None else Account(**content["account"]),
        swing=None if content["swing"] is None else _read_swing(content["swing"]),
        at_most=content.get("at_most", False),
    )


def digest(verdict: Verdict) -> str:
    """SHA-256 of a closed window's verdict, whenever it was judged; of an open one, which may have failed already,
    or a standing one only of what is settled.

    So a running figure that moves is no new answer, while a lapse or another outcome is.
    """
    is_calendar = verdict.window.kind.is_calendar
    window = verdict.window
    if verdict.outcome is Outcome.PENDING or not is_calendar or window.end > verdict.as_of:
        content: object = [
            verdict.clause,
            str(verdict.subject),
            verdict.outcome.value,
            [window.kind.value, window.start, window.end] if is_calendar else window.kind.value,
            _ratio(verdict.threshold),
            [[line.about, line.mark.value] for line in verdict.lines if line.mark in (Mark.BAD, Mark.UNKNOWN)],
        ]
    else:
        content = {key: value for key, value in encode(verdict).items() if key != "as_of"}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _ratio(value: Fraction | None) -> str | None:
    return None if value is None else str(value)


def _fraction(text: str | None) -> Fraction | None:
    return None if text is None else Fraction(text)


def _numbers(value: Tally | Account) -> Json:
    return {each.name: getattr(value, each.name) for each in fields(value)}


def _swing(swing: Swing) -> Json:
    lowest = None if swing.minimum is None else [_ratio(bound) for bound in swing.minimum]
    return {
        "minimum": lowest,
        "under_surely": swing.under_surely,
        "under_possibly": swing.under_possibly,
    }


def _read_swing(content: Json) -> Swing:
    lowest = content["minimum"]
    minimum = None if lowest is None else (Fraction(lowest[0]), Fraction(lowest[1]))
    return Swing(minimum, content["under_surely"], content["under_possibly"])


def _missing(missing: Missing) -> list[str | int | None]:
    """Point, reason, length; and the gap, where one is known."""
    cause = missing.cause
    if cause is None:
        return [None, None, missing.length]
    gap = [cause.gap.value] if cause.gap else []
    return [cause.point, cause.reason.value, missing.length, *gap]


def _read_missing(point: str | None, reason: int, length: int, gap: str | None = None) -> Missing:
    known = None if gap is None else GapCause(gap)
    return Missing(None if point is None else Cause(point, Reason(reason), known), length)


def _line(line: Line) -> Json:
    """Only what is set: lines are many."""
    found: Json = {"about": line.about, "mark": line.mark.value}
    for name in ("start", "due", "done"):
        if getattr(line, name) is not None:
            found[name] = getattr(line, name)
    for name in ("note", "owner"):
        if getattr(line, name):
            found[name] = getattr(line, name)
    if line.records:
        found["records"] = list(line.records)
    if line.witness is not None:
        found["witness"] = line.witness.value
    if line.lasts:
        found["lasts"] = True
    return found


def _read_line(content: Json) -> Line:
    return Line(
        about=content["about"],
        mark=Mark(content["mark"]),
        start=content.get("start"),
        due=content.get("due"),
        done=content.get("done"),
        note=content.get("note", ""),
        owner=content.get("owner", ""),
        records=tuple(content.get("records", ())),
        witness=Witness(content["witness"]) if "witness" in content else None,
        lasts=content.get("lasts", False),
    )

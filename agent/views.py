"""What people and programs are shown: verdicts, samples and health as plain rows for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from connectors.protocol import DeviceHealth
from evaluators.model.samples import Sample
from evaluators.model.site import Point
from evaluators.model.times import SECOND_NS, Window, WindowKind, moment
from evaluators.model.verdicts import Account, Line, Verdict

Row = dict[str, Any]


def iso(at: int | None, zone: ZoneInfo) -> str | None:
    """An instant as ISO 8601 in the site's zone, to the microsecond."""
    return None if at is None else moment(at).astimezone(zone).isoformat(timespec="microseconds")


def iso_utc(at: int | None) -> str | None:
    """An instant as ISO 8601 in UTC, to the microsecond."""
    return iso(at, ZoneInfo("UTC"))


def duration_s(length: int) -> float:
    """Nanoseconds as seconds, to the microsecond."""
    return round(length / SECOND_NS, 6)


def verdict_row(verdict: Verdict, zone: ZoneInfo, *, lines: bool = False) -> Row:
    """One verdict with its figures. Ratios and numbers are floats nearest to the exact fraction; spans are
    seconds.

    ``lines``: also everything that it counts.
    """
    row: Row = {
        "clause": verdict.clause,
        "subject": str(verdict.subject),
        "verdict": verdict.outcome.value,
        "low": _number(verdict.low),
        "high": _number(verdict.high),
        "threshold": _number(verdict.threshold),
        "unit": verdict.unit,
        "window": _window(verdict.window, zone),
        "coverage": _number(verdict.coverage),
        "as_of": iso(verdict.as_of, zone),
        "note": verdict.note,
        "figures": dict(verdict.facts),
    }
    if verdict.account is not None:
        row |= _time_figures(verdict, verdict.account)
    if verdict.tally is not None:
        tally = verdict.tally
        row["counts"] = {
            "good": tally.good, "bad": tally.bad, "unknown": tally.unknown, "running": tally.running
        }  # fmt: skip
    if lines:
        row["lines"] = [line_row(line, zone) for line in verdict.lines]
    return row


def _time_figures(verdict: Verdict, account: Account) -> Row:
    """What availability counts beside its value: items at an instant, else seconds."""
    with_planned = account.interval_with_planned
    row: Row = {"with_planned": None if with_planned is None else [_number(bound) for bound in with_planned]}
    if verdict.window.kind is WindowKind.INSTANT:
        return row | {"items": _states(account)}
    row["seconds"] = {state: duration_s(length) for state, length in _states(account).items()}
    if verdict.swing is not None:
        lowest = verdict.swing.minimum
        row["minimum"] = None if lowest is None else [_number(bound) for bound in lowest]
        row["under_threshold_s"] = [
            duration_s(verdict.swing.under_surely),
            duration_s(verdict.swing.under_possibly),
        ]
    row["missing"] = [
        {
            "point": lack.cause.point if lack.cause else None,
            "reason": (lack.cause.reason.label or "no_sample") if lack.cause else None,
            "gap": lack.cause.gap.value if lack.cause and lack.cause.gap else None,
            "seconds": duration_s(lack.length),
        }
        for lack in verdict.missing
    ]
    return row


def line_row(line: Line, zone: ZoneInfo) -> Row:
    """One thing that a verdict counts."""
    return {
        "about": line.about,
        "mark": line.mark.value,
        "start": iso(line.start, zone),
        "due": iso(line.due, zone),
        "done": iso(line.done, zone),
        "owner": line.owner,
        "note": line.note,
        "records": list(line.records),
        "witness": None if line.witness is None else line.witness.value,
    }


def _states(account: Account) -> dict[str, int]:
    return {
        "up": account.up,
        "down": account.down,
        "unknown": account.unknown,
        "planned": account.planned,
        "not_required": account.not_required,
    }


def _window(window: Window, zone: ZoneInfo) -> Row:
    return {
        "kind": window.kind.value,
        "start": iso(window.start, zone),
        "end": iso(window.end, zone),
        "zone": zone.key,
    }


def _number(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def sample_row(point: Point, sample: Sample | None, zone: ZoneInfo) -> Row:
    """The newest sample of a point; value, quality, reason and times are null where it was never read."""
    return {
        "point": point.key,
        "name": point.name,
        "value": sample.value if sample else None,
        "unit": point.unit,
        "quality": sample.quality.name.lower() if sample else None,
        "reason": sample.reason.label if sample else None,
        "time": iso(sample.time, zone) if sample else None,
        "received": iso(sample.received, zone) if sample else None,
    }


def health_row(health: DeviceHealth, connection: str, protocol: str, zone: ZoneInfo) -> Row:
    """How one device does."""
    return {
        "device": health.device,
        "connection": connection,
        "protocol": protocol,
        "link": health.link.value,
        "since": iso(health.since, zone),
        "last_good": iso(health.last_good, zone),
        "round_trip_s": health.round_trip_s,
        "messages_s": health.messages_s,
        "errors": dict(health.errors),
        "clock_s": health.clock_s,
        "figures": dict(health.figures),
        "detail": health.detail,
    }


def age_s(row: Mapping[str, Any], key: str, now: datetime) -> float | None:
    """Seconds from a row's ISO time to ``now``; None where it has none."""
    return None if row.get(key) is None else (now - datetime.fromisoformat(row[key])).total_seconds()

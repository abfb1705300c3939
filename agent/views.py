"""What people and programs are shown: verdicts, samples and health as plain rows for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from connectors.protocol import DeviceHealth
from evaluators.assessment import Judgement
from evaluators.availability import Account
from evaluators.model.samples import Sample
from evaluators.model.site import Point
from evaluators.model.times import SECOND_NS, Window, WindowKind, moment

Row = dict[str, Any]


def iso(at: int | None, zone: ZoneInfo) -> str | None:
    """An instant as ISO 8601 in the site's zone, to the microsecond."""
    return None if at is None else moment(at).astimezone(zone).isoformat(timespec="microseconds")


def duration_s(length: int) -> float:
    """Nanoseconds as seconds, to the microsecond."""
    return round(length / SECOND_NS, 6)


def verdict_row(judgement: Judgement, zone: ZoneInfo) -> Row:
    """One verdict with its figures. Ratios are floats nearest to the exact fraction; spans are seconds."""
    verdict = judgement.verdict
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
    }
    with_planned = judgement.account.interval_with_planned
    row["with_planned"] = None if with_planned is None else [_number(bound) for bound in with_planned]
    if verdict.window.kind is WindowKind.INSTANT:
        row["items"] = _states(judgement.account)
        return row
    row["seconds"] = {state: duration_s(length) for state, length in _states(judgement.account).items()}
    if judgement.swing is not None:
        lowest = judgement.swing.minimum
        row["minimum"] = None if lowest is None else [_number(bound) for bound in lowest]
        row["under_threshold_s"] = [
            duration_s(judgement.swing.under_surely),
            duration_s(judgement.swing.under_possibly),
        ]
    row["missing"] = [
        {
            "point": lack.cause.point if lack.cause else None,
            "reason": (lack.cause.reason.label or "no_sample") if lack.cause else None,
            "seconds": duration_s(lack.length),
        }
        for lack in verdict.missing
    ]
    return row


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
        "errors": dict(health.errors),
        "detail": health.detail,
    }


def age_s(row: Mapping[str, Any], key: str, now: datetime) -> float | None:
    """Seconds from a row's ISO time to ``now``; None where it has none."""
    return None if row.get(key) is None else (now - datetime.fromisoformat(row[key])).total_seconds()

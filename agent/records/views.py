"""Records, reports and refusals as plain rows, for JSON and for tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from agent.records.columns import Type, body_columns
from agent.records.draft import Report
from agent.views import Row, iso
from config.problems import Problem
from evaluators.model.bodies import Body
from evaluators.model.records import Record


def problem_rows(problems: Iterable[Problem]) -> list[Row]:
    """Each problem with its file, its place there, what is wrong and what would be right."""
    return [{"file": p.file, "key": p.key, "wrong": p.wrong, "right": p.right} for p in problems]


def counts(report: Report) -> dict[str, int]:
    """How many records of a file came to what."""
    return {
        "added": len(report.taken.added),
        "amended": len(report.taken.amended),
        "unchanged": len(report.taken.unchanged),
        "older": len(report.taken.older),
        "refused": len(report.refusals),
    }


def report_row(report: Report, zone: ZoneInfo) -> Row:
    """What became of a file, with every problem."""
    return {
        "file": report.name,
        "sha256": report.sha256,
        "at": iso(report.at, zone),
        **counts(report),
        "taken": [*report.taken.added, *report.taken.amended, *report.taken.older],
        "problems": problem_rows(report.problems),
        "refusals": [
            {"place": refusal.place, "problems": problem_rows(refusal.problems)} for refusal in report.refusals
        ],
        "clean": report.clean,
    }


def record_row(record: Record[Body], zone: ZoneInfo) -> Row:
    """One version of a record; its body's fields by name, times in ISO 8601."""
    return {
        "record": record.name,
        "kind": record.kind,
        "source": record.source,
        "id": record.id,
        "version": record.version,
        "received": iso(record.received, zone),
        "made_at": iso(record.made_at, zone),
        "author": record.author,
        "withdrawn": record.withdrawn,
        "imported": record.imported,
        "attachments": [{"name": each.name, "sha256": each.sha256} for each in record.attachments],
        "body": {
            column.name: _shown(column.holds, getattr(record.body, column.name), zone)
            for column in body_columns(type(record.body))
        },
    }


def _shown(holds: Type, value: Any, zone: ZoneInfo) -> Any:
    if holds is Type.INSTANT:
        return iso(value, zone)
    if isinstance(value, date | Fraction):
        return str(value)
    return list(value) if isinstance(value, tuple) else value

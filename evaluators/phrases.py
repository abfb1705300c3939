"""Dates and lists in the words of notes, beside the lengths and clock times of `evaluators.wording`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta, tzinfo

from evaluators.model.times import moment


def dated(at: int, zone: tzinfo) -> str:
    """An instant with its date, such as ``2026-03-04 17:00`` in the zone, cut to the minute."""
    return f"{moment(at).astimezone(zone):%Y-%m-%d %H:%M}"


def by_when(at: int, zone: tzinfo) -> str:
    """As `dated`; a midnight is the 24:00 of the day it ends."""
    local = moment(at).astimezone(zone)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return dated(at, zone)
    return f"{local - timedelta(days=1):%Y-%m-%d} 24:00"


def listed(words: Iterable[str]) -> str:
    """Words in a row, such as ``a, b``."""
    return ", ".join(words)

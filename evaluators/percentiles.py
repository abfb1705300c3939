"""Percentiles of exact lengths of time."""

from __future__ import annotations

from collections.abc import Sequence


def percentile(times: Sequence[int], percent: int) -> int:
    """The smallest of the sorted ``times``, of which there is at least one, that at least so many per cent of them
    do not exceed (nearest rank)."""
    return times[-(-len(times) * percent // 100) - 1]

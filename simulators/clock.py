"""Time, as the simulators see it. The only module of theirs that reads the time of day."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The instant, ns since the epoch, UTC."""
    return time.time_ns()


def iso(at: int) -> str:
    """An instant (ns UTC) as ISO 8601 with microseconds and Z."""
    moment = _EPOCH + timedelta(microseconds=at // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")

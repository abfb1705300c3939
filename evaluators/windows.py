"""Calendar windows in the site's zone. The zone and the instant are arguments; no clock is asked."""

from __future__ import annotations

from datetime import datetime, tzinfo

from evaluators.model.times import Window, WindowKind, instant, moment


def at_instant(at: int) -> Window:
    """The window that is one instant, ns UTC."""
    return Window(WindowKind.INSTANT, at, at)


def month(at: int, zone: tzinfo) -> Window:
    """The calendar month of ``zone`` that holds the instant ``at``: from its first midnight to the next one's."""
    local = moment(at).astimezone(zone)
    following = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return Window(
        WindowKind.MONTH,
        instant(datetime(local.year, local.month, 1, tzinfo=zone)),
        instant(datetime(*following, 1, tzinfo=zone)),
    )

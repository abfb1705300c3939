"""Alerts of the agent itself: no clause stands behind them. Pure."""

from __future__ import annotations

from agent.alerting.events import AlertEvent, Event, Severity, Stage
from evaluators.windows import standing

Titles = tuple[str, str]
"""Chinese and English."""


def own_alert(
    key: str,
    at: int,
    titles: Titles,
    site: str,
    note: str,
    start: int | None = None,
    severity: Severity = Severity.WARNING,
) -> AlertEvent:
    """One that opens at ``at`` (ns UTC) for a site, by id; ``start``: since when what it tells is so."""
    return AlertEvent(
        key=key,
        at=at,
        event=Event.OPENED,
        stage=Stage.UNKNOWN,
        severity=severity,
        since=at,
        clause="",
        title_zh=titles[0],
        title_en=titles[1],
        subject=f"site:{site}",
        window=standing(at),
        about=key,
        start=start,
        note=note,
    )

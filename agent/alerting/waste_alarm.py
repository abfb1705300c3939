"""The alerts that energy or water goes for nothing: what rules find in the day so far, or in the day before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from agent.alerting.alerter import Alerter
from agent.alerting.events import AlertEvent, Ending, Event, Severity
from agent.alerting.own import own_alert
from agent.history.history import History
from agent.metered import Metered, behind
from config.site import LoadedSite
from evaluators.model.times import DAY_NS
from evaluators.model.waste import Finding, Rule, Span
from evaluators.waste.registry import find
from evaluators.waste.wording import told
from evaluators.windows import day_start, local_date

EVERY_S = 900.0
PREFIX = "waste/"
MOST_BEHIND = 5000
"""Blocks."""


class WasteAlarm:
    """One alert for each rule and meter. Its coroutine belongs to one task.

    ``right_now`` gives the instant, ns UTC, or None while the clock cannot be right.
    """

    def __init__(self, alerter: Alerter, loaded: LoadedSite, right_now: Callable[[], int | None]) -> None:
        self._alerter = alerter
        self._loaded = loaded
        self._zone = ZoneInfo(loaded.site.zone)
        self._right_now = right_now
        self._rules = {rule.id: rule for rule in loaded.waste.rules}
        self._open: dict[str, AlertEvent] | None = None

    async def look(self) -> None:
        """Open and resolve alerts. JournalError: what was not noted will be at the next look."""
        at = self._right_now()
        if at is None:
            return
        if self._open is None:
            self._open = {event.key: event for event in await self._alerter.open_ones(PREFIX)}
        found = await asyncio.to_thread(self._find, at)
        if found is None:
            return
        for key, finding in found.items():
            if key not in self._open:
                opened = self._event(key, finding, at)
                await self._alerter.report(opened)
                self._open[key] = opened
        for key in [key for key in self._open if key not in found]:
            ended = replace(
                self._open[key],
                at=at,
                event=Event.RESOLVED,
                ending=Ending.RECOVERED,
                note="not found for a day",
            )
            await self._alerter.report(ended)
            del self._open[key]

    def _find(self, at: int) -> Mapping[str, Finding] | None:
        """What is surely so, by key of its alert; of the day so far before the day before. None while much of the
        journal has not been kept by quarters yet, as when meters are new."""
        today = day_start(local_date(at, self._zone), self._zone)
        yesterday = day_start(local_date(today - DAY_NS // 2, self._zone), self._zone)
        found: dict[str, Finding] = {}
        with History.open(self._loaded.journal_path) as history, history.snapshot():
            if behind(history) > MOST_BEHIND:
                return None
            for scene in Metered(self._loaded, history, at).scenes(Span(today, at), Span(yesterday, today)):
                for each in find(self._loaded.waste.rules, scene):
                    if isinstance(each, Finding) and not each.may_be:
                        found.setdefault(f"{PREFIX}{each.rule}/{each.meter}", each)
        return found

    def _event(self, key: str, finding: Finding, at: int) -> AlertEvent:
        rule: Rule = self._rules[finding.rule]
        note = f"{finding.meter}: {told(finding, self._loaded.waste.tariff.currency)}"
        titles = (rule.title_zh, rule.title_en)
        start = min(span.start for span in finding.spans)
        return own_alert(key, at, titles, self._loaded.site.id, note, start, Severity.INFO)

"""When a building is open, and the nights and days off in between. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from enum import StrEnum

from evaluators.model.calendar import WorkCalendar
from evaluators.model.site import WeekHours
from evaluators.model.waste import Span
from evaluators.weekhours import on_day
from evaluators.windows import day_start, local_date

MONDAY = 0
WEEKEND = (5, 6)


class Closed(StrEnum):
    """Times in which nobody works."""

    NIGHTS = "nights"
    """The closed hours of days that have open ones."""
    DAYS_OFF = "days-off"
    """Days without an open hour."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours: entries of the week, and the official working days.

    On a public holiday it is closed; on a day that is worked instead (调休) it has Monday's hours. In a year that
    no official table covers the week alone counts.
    """

    entries: tuple[WeekHours, ...]
    calendar: WorkCalendar
    zone: tzinfo

    def open_spans(self, start: int, end: int) -> list[Span]:
        """The open spans within ``[start, end)``, in order, none touching another."""
        return merged(_clipped(self._spans(start, end), start, end))

    def closed_spans(
        self, start: int, end: int, after_ns: int = 0, before_ns: int = 0
    ) -> Iterator[tuple[Closed, Span]]:
        """The closed spans within ``[start, end)``, in order, cut at the midnights around days off.

        What follows closing within ``after_ns``, or comes before opening within ``before_ns``, is left out.
        """
        wider = [
            Span(span.start - before_ns, span.end + after_ns)
            for span in self.open_spans(start - after_ns - 1, end + before_ns + 1)
        ]
        at = start
        for span in [*merged(_clipped(wider, start, end)), Span(end, end)]:
            if at < span.start:
                yield from self._parted(Span(at, span.start))
            at = span.end

    def _spans(self, start: int, end: int) -> Iterator[Span]:
        day, last = local_date(start, self.zone) - timedelta(days=1), local_date(end, self.zone)
        while day <= last:
            yield from self._of(day)
            day += timedelta(days=1)

    def _of(self, day: date) -> list[Span]:
        """The open spans that begin on a date."""
        works, weekday = self.calendar.is_workday(day), day.weekday()
        if works is False and weekday not in WEEKEND:
            return []
        if works and weekday in WEEKEND:
            weekday = MONDAY
        spans = [on_day(entry, day, self.zone) for entry in self.entries if weekday in entry.days]
        return [Span(left, right) for left, right in spans if left < right]

    def _parted(self, span: Span) -> Iterator[tuple[Closed, Span]]:
        """A closed span by nights and days off."""
        kind, since, at = self._kind(span.start), span.start, span.start
        while True:
            at = day_start(local_date(at, self.zone) + timedelta(days=1), self.zone)
            if at >= span.end:
                yield kind, Span(since, span.end)
                return
            following = self._kind(at)
            if following is not kind:
                yield kind, Span(since, at)
                kind, since = following, at

    def _kind(self, at: int) -> Closed:
        day = local_date(at, self.zone)
        begin, end = day_start(day, self.zone), day_start(day + timedelta(days=1), self.zone)
        return Closed.NIGHTS if self.open_spans(begin, end) else Closed.DAYS_OFF


def _clipped(spans: Iterator[Span] | Sequence[Span], start: int, end: int) -> list[Span]:
    found = [Span(max(span.start, start), min(span.end, end)) for span in spans]
    return sorted((span for span in found if span.start < span.end), key=lambda span: span.start)


def merged(spans: Sequence[Span]) -> list[Span]:
    """Spans in order of their starts, those that touch or overlap as one."""
    found: list[Span] = []
    for span in spans:
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found

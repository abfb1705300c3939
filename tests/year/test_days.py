"""Each lapse of the year on its day: none an instant before its time is over, one an instant after.

All of them are judged, with what was known at those instants and nothing that arrived later.
``STEWARD_YEAR_LAPSES`` judges no more than so many, spread over the year.
"""

from __future__ import annotations

import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from evaluators.kinds.repair_rate import Parameters, Reading
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import MINUTE_NS
from evaluators.model.verdicts import Line, Mark
from tests.year.feeding import Year
from tests.year.judging import Court, about, names

MOST = int(os.environ.get("STEWARD_YEAR_LAPSES", "0"))
"""0: all."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Lapse = Mapping[str, Any]

ON_DELAY_NS = MINUTE_NS
"""A fault is one once it has lasted for so long."""

OPEN = {Mark.BAD, Mark.UNKNOWN, Mark.RUNNING}


@dataclass(frozen=True, slots=True)
class Day:
    """A lapse, with the last instant at which it is none and the first at which it is one, ns UTC."""

    lapse: Lapse
    before: int
    after: int


def days(year: Year) -> list[Day]:
    """Every lapse that has a due time; or some of them."""
    owed = [lapse for lapse in year.truth["lapses"] if lapse["due"]]
    step = max(1, -(-len(owed) // MOST)) if MOST else 1
    relapses = relapses_of(year)
    return [_day(lapse, relapses.get(lapse["about"])) for lapse in owed[::step]]


def _day(lapse: Lapse, relapse: int | None) -> Day:
    """What was repaired in time and came back when its time was over lapses then."""
    due = lapse["due"]
    if lapse["clause"] == "1.4-repair" and relapse is not None and relapse > due:
        return Day(lapse, relapse, relapse + ON_DELAY_NS + 1)
    return Day(lapse, due - 1, due + 1)


def relapses_of(year: Year) -> dict[str, int]:
    """When a fault came back, by the order of the first: the last time, where it did more than once."""
    faults = year.truth["faults"]
    chains = [fault for fault in faults if fault["sort"] == "chain"]
    return {
        f"work-order:{chain['order']}": max(
            fault["start"]
            for fault in faults
            if fault["item"] == chain["item"] and chain["start"] <= fault["start"] <= chain["end"]
        )
        for chain in chains
    }


Lines = Mapping[str, list[Line]]
Asked = tuple[str, str, int]
"""Clause, period and instant."""


@pytest.fixture(scope="module")
def judged(year: Year, court: Court) -> dict[Asked, Lines]:
    """The lines, by all that they may be called by, of what is asked: each once, in order of time."""
    asked = {
        (day.lapse["clause"], day.lapse["period"], at) for day in days(year) for at in (day.before, day.after)
    }
    gc.disable()  # a judgement makes no cycles
    try:
        return {each: lines_at(court, *each) for each in sorted(asked, key=lambda each: each[2])}
    finally:
        gc.enable()


def lines_at(court: Court, clause: str, period: str, at: int) -> Lines:
    """A clause's lines on the site, as known at an instant."""
    asked = court.clauses[clause]
    if clause == "1.4-repair":
        asked = as_the_truth_reads(asked)
    return about(court.site_lines(asked, court.window_of(asked, period), at))


def as_the_truth_reads(repair: Clause) -> Clause:
    """Repaired within the limit: by the other reading, too, most of these faults lapse only after the month."""
    parameters = replace(parameters_of(repair, Parameters), reading=Reading.WITHIN_LIMIT)
    return replace(repair, parameters=parameters)


def marks(lines: Sequence[Line]) -> set[Mark]:
    return {line.mark for line in lines if line.mark is not Mark.FINDING}


def told(year: Year, judged: Mapping[Asked, Lines]) -> Iterator[tuple[Day, list[Line], list[Line]]]:
    """Each lapse with its lines before and after."""
    for day in days(year):
        clause, period, name = day.lapse["clause"], day.lapse["period"], day.lapse["about"]
        before, after = (judged[clause, period, at].get(name, []) for at in (day.before, day.after))
        yield day, before, after


def is_plain(lapse: Lapse) -> bool:
    """Whether nothing hides it: the wire was whole, nobody claims otherwise. The reading is settled here."""
    return lapse["open"] != "unseen" and not lapse["claimed"]


def test_each_lapse_is_found_on_its_day(year: Year, judged: Mapping[Asked, Lines]) -> None:
    found: Counter[str] = Counter()
    for day, before, after in told(year, judged):
        if is_plain(day.lapse):
            in_time = Mark.RUNNING if day.after == day.lapse["due"] + 1 else Mark.GOOD
            assert marks(before) == {in_time}, (day, before)
            assert marks(after) == {Mark.BAD}, (day, after)
            assert {line.due for line in after if line.mark is Mark.BAD} == {day.lapse["due"]}, (day, after)
            found[day.lapse["clause"]] += 1
    assert found, "there are lapses that nothing hides"
    if not MOST:
        owed = Counter(lapse["clause"] for lapse in year.truth["lapses"] if lapse["due"] and is_plain(lapse))
        assert found == owed


def test_what_is_hidden_or_claimed_is_not_called_done(year: Year, judged: Mapping[Asked, Lines]) -> None:
    for day, before, after in told(year, judged):
        if not is_plain(day.lapse):
            assert Mark.BAD not in marks(before), (day, before)
            assert marks(after) <= OPEN, (day, after)


def test_nothing_is_called_a_lapse_before_its_time(
    year: Year, court: Court, judged: Mapping[Asked, Lines]
) -> None:
    """At each of these instants what is bad is a lapse whose time is over; or it was done, and nobody had said so
    yet. Of faults that the wire hid people's word decides, and that may come late."""
    over: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for lapse in year.truth["lapses"]:
        over[lapse["clause"]][lapse["about"]] = lapse["due"] or 0
    hidden = {f"work-order:{fault['order']}" for fault in year.truth["faults"] if fault["open"] == "unseen"}
    received = {record.reference: record.received for record in year.records}
    for (clause, period, at), lines in judged.items():
        for line in {line for found in lines.values() for line in found if line.mark is Mark.BAD}:
            is_due = any(over[clause].get(name, at) < at for name in names(line))
            if not is_due and not names(line) & hidden:
                (known,) = lines_at(court, clause, period, court.at_last)[line.about]
                assert known.mark is Mark.GOOD, (clause, known)
                assert any(received[record] > at for record in known.records), (clause, known)

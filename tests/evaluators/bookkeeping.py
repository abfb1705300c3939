"""Facts made of records alone, for the tests of the kinds that judge by records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from config.catalogue import SOURCE, STANDARDS, load_catalogue
from evaluators.facts import Facts
from evaluators.model.bodies import Body
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.records import Record
from evaluators.model.site import Site, System
from evaluators.model.times import instant
from evaluators.recordbook import RecordBook
from tests.evaluators.cases import Scripted

ZONE = ZoneInfo("Asia/Shanghai")
SITE = Site("tower", "Tower", "Asia/Shanghai", (System("all", "All"),), (), (), area_m2=20000)
CALENDAR = WorkCalendar(frozenset({2025, 2026}))


@cache
def rows() -> dict[str, Clause]:
    """Every row of both catalogues, by id."""
    return {clause.id: clause for clause in (*load_catalogue(SOURCE), *load_catalogue(STANDARDS))}


def row(clause_id: str, **changes: Any) -> Clause:
    """A row of the catalogue with some of its parameters changed."""
    clause = rows()[clause_id]
    parameters: Any = clause.parameters
    return replace(clause, parameters=replace(parameters, **changes))


def at(text: str) -> int:
    """An instant of the site's zone, such as ``2026-03-04 17:00``."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def utc(text: str) -> int:
    """An instant of UTC."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=UTC))


def facts_of(
    records: Iterable[Record[Body]],
    as_of: int,
    site: Site = SITE,
    calendar: WorkCalendar = CALENDAR,
) -> Facts:
    """Facts that know these records and nothing else."""
    return Facts(site, ZONE, calendar, RecordBook(ZONE, records), Scripted({}, {}, {}), as_of)

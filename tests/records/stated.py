"""Records at hand: a small site, bodies of every kind as hypothesis makes them, and the journal they go into."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import MISSING, dataclass, fields
from datetime import date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from agent.records.cells import parse
from agent.records.columns import Column, Type, body_columns
from agent.records.draft import Delivery, Draft
from agent.records.intake import RecordIntake, known_of
from agent.records.references import CHECKS, ORDERED
from agent.records.store import read
from evaluators.model.bodies import BODIES, Body, Declaration, WorkOrder
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.samples import ValueKind
from evaluators.model.site import Equipment, Item, Part, PartKind, Point, Site, System
from evaluators.model.times import instant

ZONE = ZoneInfo("Asia/Shanghai")
SITE = Site(
    id="tower",
    name="示范大厦",
    zone=ZONE.key,
    systems=(System("lifts", "电梯"), System("fire", "消防")),
    equipment=(
        Equipment(
            "lift-1", "1 号梯", "lifts", (Item("lift-1/car", "轿厢", ()), Item("lift-1/intercom", "对讲", ()))
        ),
        Equipment(
            "fire-panel",
            "报警控制器",
            "fire",
            (Item("fire-panel/loop-1", "回路", ()),),
            parts=(Part("fire-panel/1-001", PartKind.SMOKE), Part("fire-panel/1-002", PartKind.SMOKE)),
        ),
        Equipment("pump", "消防泵", "fire", (Item("pump/pump", "泵", ()),)),
    ),
    points=tuple(
        Point(key, ValueKind.TEXT, key, "", 30 * 10**9)
        for key in ("lift-1/mode", "lift-1/door", "panel/state", "desk/records")
    ),
)
KNOWN = known_of(SITE)
PLAIN = Delivery()


def at(text: str) -> int:
    """The instant of a time of the site, ns UTC."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=ZONE))


def order(record_id: str = "WO-1", **changes: Any) -> Draft:
    """A work order of lift 1; ``changes`` go to its body."""
    body = WorkOrder(**{"equipment": "lift-1", "reported_at": at("2026-03-01 08:00"), **changes})
    return Draft(id=record_id, body=body)


_NAMED = {
    ("work-order", "equipment"): st.just("lift-1"),
    ("work-order", "item"): st.sampled_from(["", "car", "intercom"]),
    ("test", "equipment"): st.just("fire-panel"),
    ("test", "addresses"): st.sampled_from([(), ("1-001",), ("1-001", "1-002")]),
    ("inspection", "item"): st.just("lift-1/car"),
    ("item-change", "item"): st.just("fire-panel/loop-1"),
    ("declaration", "items"): st.sampled_from([("lift-1",), ("lift-1/car", "pump")]),
    ("commissioning", "points"): st.sampled_from([("lift-1",), ("lift-1/mode", "panel")]),
}
_EQUIPMENT = st.sampled_from([("lift-1",), ("lift-1", "pump"), ("fire-panel", "lift-1", "pump")])

_LETTERS = st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co", "Zl", "Zp"])
texts = st.text(_LETTERS, max_size=30).map(str.strip).map(lambda text: text.strip("\ufeff\u200b \u3000"))
"""Text as it is once it was read: without blanks around it."""
ids = st.text(st.characters(categories=["L", "N"], include_characters="-_/.#=+@'"), min_size=1, max_size=20)
refs = st.lists(ids, max_size=4, unique=True).map(tuple)
instants = st.integers(0, 4_100_000_000_000_000).map(lambda micros: micros * 1000)
dates = st.dates(date(1950, 1, 1), date(2199, 12, 31))


def _values(column: Column, kind: str) -> st.SearchStrategy[Any]:
    named = _NAMED.get((kind, column.name))
    if named is not None:
        return named
    if (kind, column.name) in CHECKS:
        return _EQUIPMENT
    found = _of_type(column)
    if column.words and column.choices is None:  # a word of the catalogue is read for each of its Chinese ones
        found = found.map(lambda value: parse(column, value, ZONE) if value else value)
    return st.none() | found if column.default is None and not column.required else found


def _of_type(column: Column) -> st.SearchStrategy[Any]:
    match column.holds:
        case Type.REFS:
            return refs.filter(bool) if column.required else refs
        case Type.CHOICE:
            assert column.choices is not None
            return st.sampled_from([column.choices(word) for word in column.words or ()])
        case Type.TEXT:
            return texts.filter(bool) if column.required or column.default else texts  # empty is the default
    return _SIMPLE_VALUES[column.holds]


_SIMPLE_VALUES: dict[Type, st.SearchStrategy[Any]] = {
    Type.INSTANT: instants,
    Type.DATE: dates,
    Type.INT: st.integers(0, 10**12),
    Type.FRACTION: st.builds(Fraction, st.integers(0, 10**9), st.integers(1, 10**6)),
    Type.BOOL: st.booleans(),
}


@st.composite
def bodies(draw: st.DrawFn, kind: type[Body]) -> Body:
    """A body of a kind that the site knows all names of; its times go the right way."""
    values = {column.name: draw(_values(column, kind.KIND)) for column in body_columns(kind)}
    for first, second in ORDERED:
        if values.get(first) is not None and values.get(second) is not None:
            values[first], values[second] = sorted((values[first], values[second]))
    if kind is Declaration and values["start"] == values["end"]:
        values["end"] += 10**9
    return kind(**values)


@st.composite
def drafts(draw: st.DrawFn, kind: type[Body]) -> Draft:
    """A draft of a kind, without files."""
    return Draft(
        id=draw(ids),
        body=draw(bodies(kind)),
        author=draw(texts),
        source=draw(texts),
        made_at=draw(st.none() | instants),
        withdrawn=draw(st.booleans()),
    )


def cases(kind: type[Body]) -> st.SearchStrategy[list[Draft]]:
    """Some drafts of a kind, each with its own id."""
    return st.lists(drafts(kind), min_size=1, max_size=4, unique_by=lambda draft: (draft.source, draft.id))


KINDS = sorted(BODIES.values(), key=lambda body: body.KIND)


@dataclass
class Desk:
    """A journal and what takes records into it."""

    journal: Journal
    intake: RecordIntake

    @property
    def records(self) -> list[Record[Body]]:
        """Everything kept, in order of arrival."""
        with History.open(self.journal.path) as history:
            return [record for _, record in read(history)]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows of the journal."""
        with History.open(self.journal.path) as history:
            return history.query(statement)

    @property
    def refused(self) -> list[tuple[str, str]]:
        """Which rows wait to come right: name and place."""
        return self.query("SELECT name, place FROM refused ORDER BY name, place")


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    """A journal in a folder, open for the site of this file."""
    journal = Journal.open(folder / "journal.db", SystemClock())
    try:
        yield Desk(journal, RecordIntake(SITE, journal, SystemClock()))
    finally:
        await journal.close()


def smallest(kind: type[Body]) -> dict[str, Any]:
    """A record of a kind with its required members alone, as JSON has them."""
    found: dict[str, Any] = {"kind": kind.KIND, "id": "1"}
    for column, field in zip(body_columns(kind), fields(kind), strict=True):
        if field.default is MISSING:
            found[column.name] = _SMALLEST.get((kind.KIND, column.name)) or _SIMPLE[column.holds]
            if column.choices is not None:
                found[column.name] = next(iter(column.words or ()))
    if kind is Declaration:
        found |= {"state": State.PLANNED.value, "end": "2026-03-01 10:00"}
    return found


_SMALLEST: dict[tuple[str, str], Any] = {
    ("inspection", "item"): "lift-1/car",
    ("item-change", "item"): "lift-1/car",
    ("commissioning", "points"): ["lift-1/mode"],
}
_SIMPLE: dict[Type, Any] = {
    Type.TEXT: "lift-1",
    Type.REFS: ["lift-1"],
    Type.INSTANT: "2026-03-01 08:00",
    Type.DATE: "2026-03-01",
    Type.INT: 3,
    Type.FRACTION: 1.5,
    Type.BOOL: True,
    Type.CHOICE: "",
}

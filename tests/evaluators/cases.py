"""Worked examples as files: ``testcases/<kind>/<case>/case.toml``. Adding a case needs no test code.

::

    about = "what it shows, in one sentence"
    zone = "Asia/Shanghai"                       # default
    as_of = 2026-04-01T00:00:00+08:00
    window = { kind = "month", at = 2026-03-05T00:00:00+08:00 }   # standing, rolling: kind alone
    clause = "2.1.3-respond"                     # of the catalogue; [clause_changes] goes over its fields,
                                                 # [parameters] over its parameters
    [site]                                       # fields of Site: area_m2 …; points: tables of Point
    [calendar]                                   # years, days_off, workdays
    [[equipment]]                                # fields of Equipment; items = ["car"] or tables of Item;
                                                 # watches and parts are tables of Watch and Part
    [[records]]                                  # kind, id, fields of the body; _received, _version, _author …
    [episodes]                                   # by item key: changes in time, each [since, state]
    "lift-1/car" = [[2026-03-01T00:00:00+08:00, "up"], [2026-03-04T08:00:00+08:00, "down"]]
    [happenings]                                 # the same by watch key: up while it happens
    [last_known]                                 # newest good sample by point key
    [[meters]]                                   # fields of Meter; per_count as exact text
    [energy]                                     # fields of EnergyProfile
    [registers]                                  # by point key the good readings, each [at, value]; or
    "m/e" = { from = …, to = …, every_s = 900, start = 100, each = 5 }   # growing evenly
    [readings]                                   # instead of episodes and happenings: real samples, folded, with
                                                 # the records laid over them. By point key the stretches in which
                                                 # it is polled, each [from, until, what]: a value, "timeout" or
                                                 # "uncertain". An item without conditions is usable while the
                                                 # point of its own key is 1
    period_s = 600                               # beside them: how often points are polled
    [[gaps]]                                     # beside them, of the ledger: fields of Gap
    [[expect]]                                   # one for each verdict looked at
    subject = "site:tower"
    outcome = "met"
    low = "1"                                    # exact: "49/50"; left out: none
    high = "1"
    lines = { "complaint:C-1" = "good" }         # every line, by what it is about
    missing = { "lift-1/car agent stopped" = 60 } # seconds by point and why
    note = "a part of the note"
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from config.catalogue import SOURCE, STANDARDS, load_catalogue
from evaluators.energy.keeping import Counter
from evaluators.energy.metering import Registers
from evaluators.energy.registers import Register, Replacement
from evaluators.facts import Facts, Telemetry, Tracks
from evaluators.gaps import GapLedger
from evaluators.model.bodies import BODIES, Body
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.energy import EnergyProfile, Meter
from evaluators.model.episodes import Episode, State
from evaluators.model.gaps import Gap
from evaluators.model.records import Record
from evaluators.model.samples import BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.site import Condition, Equipment, Point, Site, System
from evaluators.model.times import SECOND_NS, Window, WindowKind, instant
from evaluators.model.verdicts import Verdict
from evaluators.recordbook import RecordBook
from evaluators.registry import judge
from evaluators.standing import Standing
from evaluators.windows import at_instant, containing, rolling, standing

TESTCASES = Path(__file__).parent / "testcases"

PERIOD_S = 600


@dataclass(frozen=True)
class Scripted:
    """Telemetry as a file says it: changes in time by key."""

    items: Mapping[str, list[tuple[int, State]]]
    watches: Mapping[str, list[tuple[int, State]]]
    known: Mapping[str, int]
    registers: Mapping[str, list[tuple[int, float]]] = field(default_factory=dict)
    """Readings of counting points, by key."""

    def register(self, meter: Meter, changes: Sequence[Replacement], as_of: int) -> Register:
        """The register of the readings given."""
        counter = Counter(whole=False)
        for at, value in self.registers.get(meter.point, []):
            counter.take(at, value)
        return Registers({meter.point: counter}).of(meter, changes, as_of)

    def episodes(self, start: int, end: int) -> Tracks:
        """The items' states."""
        return {key: spread(key, changes, start, end) for key, changes in self.items.items()}

    def happenings(self, start: int, end: int) -> Tracks:
        """The watches' states."""
        return {key: spread(key, changes, start, end) for key, changes in self.watches.items()}

    def last_known(self) -> Mapping[str, int]:
        """The newest good samples."""
        return self.known


def spread(key: str, changes: list[tuple[int, State]], start: int, end: int) -> tuple[Episode, ...]:
    """Changes as episodes over ``[start, end)``; unknown before the first."""
    edges = [(start, State.UNKNOWN), *changes, (end, State.UNKNOWN)]
    found = []
    for (since, state), (until, _) in pairwise(edges):
        left, right = max(since, start), min(until, end)
        if left < right:
            found.append(Episode(key, left, right, state))
    return tuple(found)


def plain(value: Any) -> Any:
    """TOML's values as the model has them: instants as ns, lists as tuples."""
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, list):
        return tuple(plain(entry) for entry in value)
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    return value


def built(kind: type[Any], raw: Mapping[str, Any]) -> Any:
    """A frozen dataclass of the model from a table."""
    return TypeAdapter(kind).validate_python(plain(raw))


def a_record(raw: Mapping[str, Any]) -> Record[Body]:
    """A record; keys with an underscore are the envelope's."""
    envelope = {key[1:]: plain(value) for key, value in raw.items() if key.startswith("_")}
    body = {key: value for key, value in raw.items() if not key.startswith("_") and key not in ("kind", "id")}
    made: Body = built(BODIES[raw["kind"]], body)
    return built(Record[Body], {"id": raw["id"], "received": 0, **envelope, "body": made})  # type: ignore[no-any-return]


def an_equipment(raw: Mapping[str, Any]) -> Equipment:
    """Equipment; an item may be its id alone."""
    name = raw["id"]
    items = [
        {"key": f"{name}/{item}", "name": item, "conditions": []} if isinstance(item, str) else item
        for item in raw.get("items", ["works"])
    ]
    return built(Equipment, {"name": name, "system": "all", **raw, "items": items})  # type: ignore[no-any-return]


def a_site(case: Mapping[str, Any]) -> Site:
    """A tower with the case's equipment."""
    equipment = tuple(an_equipment(raw) for raw in case.get("equipment", []))
    zone = case.get("zone", "Asia/Shanghai")
    site = Site("tower", "Tower", zone, (System("all", "All"),), equipment, ())
    changes = dict(plain(case.get("site", {})))
    changes["points"] = tuple(built(Point, raw) for raw in changes.get("points", ()))
    changes["meters"] = tuple(built(Meter, {"name": raw["id"], **raw}) for raw in case.get("meters", ()))
    changes["energy"] = built(EnergyProfile, case.get("energy", {}))
    return replace(site, **changes)


def registered(raw: object) -> list[tuple[int, float]]:
    """Readings of a register: as they are given, or growing evenly."""
    if isinstance(raw, Mapping):
        times = range(plain(raw["from"]), plain(raw["to"]) + 1, int(raw["every_s"]) * SECOND_NS)
        return [(at, raw["start"] + number * raw["each"]) for number, at in enumerate(times)]
    assert isinstance(raw, list)
    found: list[tuple[int, float]] = []
    for each in raw:
        found += registered(each) if isinstance(each, Mapping) else [(plain(each[0]), each[1])]
    return found


def a_clause(case: Mapping[str, Any]) -> Clause:
    """The catalogue's row with the case's changes."""
    rows = {clause.id: clause for clause in (*load_catalogue(SOURCE), *load_catalogue(STANDARDS))}
    clause = rows[case["clause"]]
    if "parameters" in case:
        parameters: Any = clause.parameters
        now = {each.name: getattr(parameters, each.name) for each in fields(parameters)}
        clause = replace(
            clause, parameters=TypeAdapter(type(parameters)).validate_python({**now, **case["parameters"]})
        )
    changes = dict(case.get("clause_changes", {}))
    if "threshold" in changes:
        changes["threshold"] = Fraction(changes["threshold"])
    if "window" in changes:
        changes["window"] = WindowKind(changes["window"])
    return replace(clause, **plain(changes))


def a_window(case: Mapping[str, Any], clause: Clause, as_of: int, zone: tzinfo) -> Window:
    """The case's window; without one that of the clause at the instant judged at."""
    raw = case.get("window", {})
    kind = WindowKind(raw.get("kind", clause.window))
    if kind is WindowKind.STANDING:
        return standing(as_of)
    if kind is WindowKind.INSTANT:
        return at_instant(as_of)
    if kind is WindowKind.ROLLING:
        return rolling(clause.window_days, as_of)
    return containing(kind, plain(raw["at"]) if "at" in raw else as_of - 1, zone)


def wired(site: Site, case: Mapping[str, Any]) -> Site:
    """The site with the points of the case's readings; items without conditions get one on their own."""
    hold = 3 * int(case["readings"].get("period_s", PERIOD_S)) * SECOND_NS
    keys = [key for key in case["readings"] if key != "period_s"]
    equipment = tuple(
        replace(
            each,
            items=tuple(
                replace(item, conditions=(Condition(item.key, one_of=(1,)),))
                if item.key in keys and not item.conditions
                else item
                for item in each.items
            ),
        )
        for each in site.equipment
    )
    points = tuple(Point(key, ValueKind.INT, key, "", hold) for key in keys)
    return replace(site, equipment=equipment, points=points)


def polled(site: Site, case: Mapping[str, Any]) -> Standing:
    """Every sample of the case's readings, folded."""
    period = int(case["readings"].get("period_s", PERIOD_S)) * SECOND_NS
    folded = Standing(site, {point.key: number for number, point in enumerate(site.points)})
    for number, point in enumerate(site.points):
        builder = BlockBuilder("bms")
        for begin, until, said in case["readings"][point.key]:
            for at in range(plain(begin), plain(until), period):
                if said == "timeout":
                    builder.bad(number, ValueKind.INT, at, Reason.TIMEOUT)
                elif said == "uncertain":
                    builder.add(number, ValueKind.INT, at, 1, Quality.UNCERTAIN, Reason.NOT_COMMISSIONED)
                else:
                    builder.add(number, ValueKind.INT, at, said)
        assert not folded.take(builder.build(0)), "readings are given in order"
    return folded


def judged(case: Mapping[str, Any]) -> dict[str, Verdict]:
    """The verdicts of a case by subject."""
    zone = ZoneInfo(case.get("zone", "Asia/Shanghai"))
    as_of: int = plain(case["as_of"])
    clause = a_clause(case)

    def tracks(name: str) -> dict[str, list[tuple[int, State]]]:
        return {key: [(plain(at), State(s)) for at, s in pairs] for key, pairs in case.get(name, {}).items()}

    site = a_site(case)
    records = RecordBook(zone, map(a_record, case.get("records", [])))
    registers = {key: registered(raw) for key, raw in case.get("registers", {}).items()}
    known = plain(case.get("last_known", {}))
    telemetry: Telemetry = Scripted(tracks("episodes"), tracks("happenings"), known, registers)
    if "readings" in case:
        site = wired(site, case)
        gaps = GapLedger(built(Gap, raw) for raw in case.get("gaps", ()))
        telemetry = polled(site, case).view(records, as_of, zone, gaps)
    facts = Facts(
        site=site,
        zone=zone,
        calendar=WorkCalendar(**{key: frozenset(value) for key, value in case.get("calendar", {}).items()}),
        records=records,
        telemetry=telemetry,
        as_of=as_of,
    )
    found = judge(clause, facts, a_window(case, clause, as_of, zone))
    return {str(verdict.subject): verdict for verdict in found}


def load_cases() -> Iterable[tuple[str, dict[str, Any]]]:
    """Every case there is, by ``kind/case``."""
    for path in sorted(TESTCASES.glob("*/*/case.toml")):
        yield f"{path.parent.parent.name}/{path.parent.name}", tomllib.loads(path.read_text(encoding="utf-8"))

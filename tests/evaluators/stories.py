"""Random records of a few days, for properties that hold whatever happened."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from evaluators.model.bodies import (
    Archive,
    Attendance,
    Body,
    Certificate,
    Complaint,
    Contact,
    Contract,
    Document,
    Drill,
    Duty,
    Finding,
    Instant,
    LinkageTest,
    Overhaul,
    Oversight,
    Participation,
    Performer,
    Plan,
    Request,
    Service,
    Staff,
    Survey,
    Test,
    Training,
    ValueAdded,
)
from evaluators.model.bodies.tenants import Channel, Difficulty, Severity
from evaluators.model.records import Record
from evaluators.model.times import HOUR_NS
from tests.evaluators.bookkeeping import at

FIRST = at("2026-03-01 00:00")
LAST = at("2026-04-15 00:00")
HOURS = (LAST - FIRST) // HOUR_NS

INSTANTS = st.integers(0, HOURS).map(lambda hours: Instant(FIRST + hours * HOUR_NS))
MAYBE = st.none() | INSTANTS
DATES = st.integers(0, 60).map(lambda days: date(2026, 2, 15) + timedelta(days=days))
UNTIL = st.none() | DATES
NAMES = st.sampled_from(("A", "B", "C"))
WHO = st.sampled_from(("", "Li", "Wu"))
PEOPLE = st.lists(NAMES, max_size=3, unique=True).map(tuple)
YES = st.booleans()
FEW = st.integers(0, 9)
POSTS = st.sampled_from(("customer-service", "security", "engineering", "project-manager"))
SUBJECTS = st.sampled_from(("service-awareness", "emergency-skills", "etiquette-communication"))


def _records(kind: type[Body], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Record[Body]]:
    """One record of a kind whose body has such fields."""
    bodies = st.fixed_dictionaries(fields).map(lambda values: kind(**values))
    return st.tuples(bodies, NAMES, st.sampled_from(("", "crm"))).map(
        lambda drawn: Record(id=drawn[1], source=drawn[2], received=0, body=drawn[0])
    )


RECORDS: dict[str, st.SearchStrategy[Record[Body]]] = {
    "contract": _records(
        Contract, tenant=WHO, signed_at=INSTANTS, profile_at=MAYBE, guide_at=MAYBE, visit_at=MAYBE,
        visit_recorded=YES,
    ),
    "request": _records(
        Request, received_at=INSTANTS, difficulty=st.sampled_from(Difficulty), replied_at=MAYBE, first_person=WHO,
        answered_on_spot=st.none() | YES, done_at=MAYBE, confirmed_at=MAYBE,
    ),
    "complaint": _records(
        Complaint, received_at=INSTANTS, channel=st.just(Channel.PHONE), severity=st.sampled_from(Severity),
        resolved_at=MAYBE,
    ),
    "contact": _records(Contact, complaint=NAMES, at=INSTANTS),
    "survey": _records(Survey, complaint=NAMES, at=INSTANTS, satisfied=st.none() | YES),
    "staff": _records(Staff, name=WHO, post=POSTS, since=DATES, until=UNTIL, lead=YES),
    "certificate": _records(
        Certificate, staff=NAMES, certificate=st.sampled_from(("property-manager", "electromechanical")),
        issued=DATES, expires=UNTIL,
    ),
    "training": _records(
        Training, performed_at=INSTANTS, subject=SUBJECTS, hours=st.integers(0, 40).map(Fraction), attended=PEOPLE,
        passed=PEOPLE, failed=PEOPLE, moved=PEOPLE, retake_of=st.sampled_from(("", "A", "B")),
    ),
    "duty": _records(
        Duty, start=INSTANTS, end=INSTANTS, person=WHO, answered=YES,
        place=st.sampled_from(("hotline", "control-room")), post=st.sampled_from(("", "duty-manager")),
    ),
    "document": _records(
        Document, document=st.sampled_from(("charter", "yearly-goals", "energy-policy")), title=WHO,
        valid_from=DATES, valid_until=UNTIL, covers=st.just(("decision", "supervision")),
    ),
    "oversight": _records(
        Oversight, activity=st.sampled_from(("quality-inspection", "follow-up")), performed_on=DATES,
        independent=YES,
    ),
    "finding": _records(Finding, title=WHO, found_at=INSTANTS, due_at=MAYBE, closed_at=MAYBE),
    "value-added": _records(
        ValueAdded, title=WHO, offered_from=DATES, offered_until=UNTIL, customised=YES
    ),
    "participation": _records(
        Participation, counted_on=DATES, companies=FEW, employees=FEW, companies_took_part=FEW,
        employees_took_part=FEW,
    ),
    "drill": _records(Drill, performed_at=INSTANTS, covers=st.sampled_from(((), ("all",), ("tower",)))),
    "plan": _records(Plan, equipment=st.just(("lift-1",)), valid_from=DATES, valid_until=UNTIL),
    "test": _records(
        Test, equipment=st.just("panel"), performed_at=INSTANTS, person=WHO,
        part_kind=st.sampled_from(("", "smoke")),
    ),
    "linkage-test": _records(LinkageTest, performed_at=INSTANTS, attendance=st.sampled_from(Attendance)),
    "service": _records(
        Service, performed_at=INSTANTS, equipment=st.just(("lift-1",)), performer=st.sampled_from(Performer),
        report=WHO,
    ),
    "overhaul": _records(Overhaul, performed_at=INSTANTS, equipment=st.just(("lift-1",)), organisation=WHO),
    "archive": _records(
        Archive, operation=st.just("fire test"), covers_from=DATES, covers_until=DATES, place=WHO
    ),
}  # fmt: skip
"""One record, by its kind."""


def books(kinds: Iterable[str]) -> st.SearchStrategy[list[Record[Body]]]:
    """The records of a story, one version each, of some kinds."""
    drawn = [RECORDS[kind] for kind in kinds if kind in RECORDS]
    if not drawn:
        return st.just([])
    return st.lists(st.one_of(drawn), max_size=10, unique_by=lambda each: (each.kind, each.source, each.id))

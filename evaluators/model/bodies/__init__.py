"""Every kind of record, each a frozen dataclass of what it states."""

from __future__ import annotations

from evaluators.model.bodies.body import Body, Instant, Refs, column, values
from evaluators.model.bodies.declarations import Acknowledgement, Commissioning, Declaration, Dismissal
from evaluators.model.bodies.energy import MeterChange
from evaluators.model.bodies.equipment import (
    Inspection,
    ItemChange,
    Overhaul,
    Performer,
    Plan,
    Result,
    Round,
    Service,
    WorkOrder,
)
from evaluators.model.bodies.fire import Attendance, Drill, LinkageTest, Test
from evaluators.model.bodies.organisation import Archive, Document, Finding, Matter, Oversight, Review
from evaluators.model.bodies.people import Certificate, Duty, Staff, Training
from evaluators.model.bodies.tenants import (
    Channel,
    Complaint,
    Contact,
    Contract,
    Difficulty,
    Participation,
    Request,
    Severity,
    Survey,
    ValueAdded,
)

__all__ = [
    "BODIES",
    "Acknowledgement",
    "Archive",
    "Attendance",
    "Body",
    "Certificate",
    "Channel",
    "Commissioning",
    "Complaint",
    "Contact",
    "Contract",
    "Declaration",
    "Difficulty",
    "Dismissal",
    "Document",
    "Drill",
    "Duty",
    "Finding",
    "Inspection",
    "Instant",
    "ItemChange",
    "LinkageTest",
    "Matter",
    "MeterChange",
    "Overhaul",
    "Oversight",
    "Participation",
    "Performer",
    "Plan",
    "Refs",
    "Request",
    "Result",
    "Review",
    "Round",
    "Service",
    "Severity",
    "Staff",
    "Survey",
    "Test",
    "Training",
    "ValueAdded",
    "WorkOrder",
    "column",
    "values",
]

BODIES: dict[str, type[Body]] = {
    body.KIND: body
    for body in (
        WorkOrder,
        Round,
        Service,
        Overhaul,
        Inspection,
        Plan,
        ItemChange,
        MeterChange,
        Test,
        LinkageTest,
        Drill,
        Staff,
        Certificate,
        Training,
        Duty,
        Document,
        Review,
        Matter,
        Finding,
        Oversight,
        Archive,
        Contract,
        Request,
        Complaint,
        Contact,
        Survey,
        ValueAdded,
        Participation,
        Declaration,
        Commissioning,
        Acknowledgement,
        Dismissal,
    )
}
"""Every kind of record, by its name in files and in the catalogue."""

"""Work orders: what people state of each fault of the building, from the report to the closed order. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from simulators.building.items import Outage
from simulators.people.book import Stated, record
from simulators.people.team import Team

REPORTED_S = 2
ACCEPTED_S = 10
ARRIVED_S = 13
"""After the beginning of the outage."""
REPAIRED_S, VERIFIED_S, CLOSED_S = 1, 2, 4
"""After its end."""
_EMERGENCIES = frozenset({"trapped", "dead"})
"""Faults of lifts."""
_LIFE_SAFETY = frozenset({"fire-panel", "fire-pump", "generator"})
_CAUSES = {
    "out-of-order": "轿门传感器脱落,已复位",
    "trapped": "平层信号丢失,已复位",
    "open-circuit": "回路接线端子松动,已紧固",
}


def order_of(outage: Outage, number: int, start: datetime, team: Team) -> Iterator[tuple[float, Stated]]:
    """The versions of one order, each with the second after ``start`` at which it is stated, in order.

    Nobody repairs faster than the scenario: an outage that is over before somebody came has fewer steps before.
    """
    equipment, _, item = outage.item.partition("/")
    technician = team[("E-1", "E-2", "E-3", "E-4")[number % 4]]
    end_s = max(outage.end_s, outage.start_s + ARRIVED_S)
    steps = {
        "reported_at": outage.start_s + REPORTED_S,
        "accepted_at": outage.start_s + ACCEPTED_S,
        "arrived_at": outage.start_s + ARRIVED_S,
        "repaired_at": end_s + REPAIRED_S,
        "verified_at": end_s + VERIFIED_S,
        "closed_at": end_s + CLOSED_S,
    }
    columns: dict[str, object] = {
        "equipment": equipment, "item": item, "reported_by": "telemetry",
        "emergency": outage.fault in _EMERGENCIES or equipment in _LIFE_SAFETY,
    }  # fmt: skip
    for step, second in steps.items():
        at = start + timedelta(seconds=second)
        columns[step] = at
        if step == "accepted_at":
            columns["technician"] = technician
        if step == "repaired_at":
            columns["cause"] = _CAUSES.get(outage.fault, "已排除")
        author = technician if step != "reported_at" else "telemetry"
        yield second, record("work-order", f"WO-{start:%Y%m%d}-{number}", at, author, columns)

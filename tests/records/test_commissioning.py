"""Which points count as proved."""

from __future__ import annotations

from dataclasses import replace

from agent.records.commissioning import commissioned_by
from evaluators.model.bodies import Commissioning, Instant, WorkOrder
from evaluators.model.records import Record

POINTS = ("lift-1/mode", "lift-1/door", "panel/state", "panel/loop")


def proof(*points: str, **changes: object) -> Record[Commissioning]:
    """A record that proves some points at 5, received at 9."""
    body = Commissioning(points=points, proved_at=Instant(5), person="李")
    return replace(Record(id="C-1", body=body, received=9), **changes)  # type: ignore[arg-type]  # of its fields


def test_a_point_proves_itself_and_a_device_all_of_its_points() -> None:
    assert commissioned_by([proof("lift-1", "panel/state")], POINTS) == {*POINTS[:3]}
    assert commissioned_by([], POINTS) == frozenset()
    assert commissioned_by([proof("gone/point")], POINTS) == frozenset()


def test_only_the_newest_version_counts_whatever_the_order() -> None:
    versions = [proof("lift-1"), proof("panel/state", version=2)]
    assert commissioned_by(versions, POINTS) == commissioned_by(versions[::-1], POINTS) == {"panel/state"}
    assert commissioned_by([*versions, proof("panel/state", version=3, withdrawn=True)], POINTS) == frozenset()
    other = proof("lift-1/mode", source="other")
    assert commissioned_by([*versions, other], POINTS) == {"panel/state", "lift-1/mode"}


def test_what_is_to_be_proved_later_and_other_records_prove_nothing() -> None:
    order = Record(id="C-1", body=WorkOrder(equipment="lift-1", reported_at=Instant(1)), received=9, version=7)
    assert commissioned_by([order, proof("lift-1", received=4)], POINTS) == frozenset()

"""Tests and drills of the fire system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, Refs, column
from evaluators.model.bodies.equipment import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Test(Body):
    """A test of parts of the fire equipment, or a test run of a pump or generator."""

    KIND: ClassVar[str] = "test"
    NAME_ZH: ClassVar[str] = "检测试验"
    ANCHOR: ClassVar[str] = "performed_at"
    __test__: ClassVar[bool] = False  # pytest would collect it by its name
    equipment: str = column("设备编号", "id of the equipment, such as the fire panel")
    performed_at: Instant = column("开始时间", "when it began")
    finished_at: Instant | None = column("结束时间", "when it was over", None)
    part_kind: str = column(
        "部件类别", "smoke, heat, sprinkler, fire-door or emergency-light; empty for a run", ""
    )
    addresses: Refs = column("部件地址", "the parts tested; empty claims all of the kind", ())
    level: str = column("级别", "such as week, month, quarter", "month")
    person: str = column("检测人", "by name or staff id", "")
    result: Result = column("结果", "normal or abnormal", Result.NORMAL)


class Attendance(StrEnum):
    """Who came to a linkage test."""

    AUTHORITY = "authority"
    """The fire authority."""
    IN_HOUSE = "in-house"
    """The site's own fire department."""
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkageTest(Body):
    """A test of the fire system's linkage (消防联动测试)."""

    KIND: ClassVar[str] = "linkage-test"
    NAME_ZH: ClassVar[str] = "消防联动测试"
    ANCHOR: ClassVar[str] = "performed_at"
    performed_at: Instant = column("测试时间", "when it began")
    finished_at: Instant | None = column("结束时间", "when it was over", None)
    attendance: Attendance = column("消防部门参与", "authority, in-house or none")
    attendees: str = column("参加人员", "who attended", "")
    parts: Refs = column("联动设备", "ids of the equipment that was linked", ())
    result: Result = column("结果", "normal or abnormal", Result.NORMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill(Body):
    """A drill, such as a fire drill."""

    KIND: ClassVar[str] = "drill"
    NAME_ZH: ClassVar[str] = "演练"
    ANCHOR: ClassVar[str] = "performed_at"
    performed_at: Instant = column("演练时间", "when it began")
    subject: str = column("类别", "fire, rescue, flood …", "fire")
    covers: Refs = column("覆盖范围", "parts of the building that took part; 'all' for the whole", ())
    participants: int | None = column("参加人数", "how many people took part", None)
    person: str = column("组织人", "who led it", "")

"""What is done to equipment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, Refs, column


class Result(StrEnum):
    """How a look at something came out."""

    NORMAL = "normal"
    ABNORMAL = "abnormal"


class Performer(StrEnum):
    """Who did the work."""

    IN_HOUSE = "in-house"
    """The site's own engineering staff."""
    MAKER = "maker"
    SPECIALIST = "specialist"
    """A specialised company."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkOrder(Body):
    """A fault, from its report to normal again."""

    KIND: ClassVar[str] = "work-order"
    NAME_ZH: ClassVar[str] = "维修工单"
    ANCHOR: ClassVar[str] = "reported_at"
    equipment: str = column("设备编号", "id of the equipment")
    item: str = column("功能项", "id of the functional item, where one is known", "")
    reported_at: Instant = column("报修时间", "when the fault was reported, or the order made")
    reported_by: str = column("报修人", "a person, or 'telemetry'", "")
    emergency: bool = column("是否紧急", "whether it was an emergency", False)
    technician: str = column("维修人员", "the technician who took it, by name or staff id", "")
    accepted_at: Instant | None = column("接单时间", "when the technician took it", None)
    arrived_at: Instant | None = column("到场时间", "when somebody was on site", None)
    repaired_at: Instant | None = column("修复时间", "when the work was done", None)
    verified_at: Instant | None = column("验证正常时间", "when it was found to work again", None)
    closed_at: Instant | None = column("关单时间", "when the order was closed", None)
    alternative_at: Instant | None = column(
        "替代方案告知时间", "when an alternative was explained to the tenants", None
    )
    cause: str = column("故障原因", "what was wrong", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round(Body):
    """A look at equipment on a daily round (日常巡检)."""

    KIND: ClassVar[str] = "round"
    NAME_ZH: ClassVar[str] = "日常巡检"
    ANCHOR: ClassVar[str] = "performed_at"
    equipment: Refs = column("设备编号", "ids of the equipment looked at")
    performed_at: Instant = column("巡检时间", "when")
    performer: Performer = column("执行方", "who did it", Performer.IN_HOUSE)
    person: str = column("巡检人", "by name or staff id")
    result: Result = column("结果", "normal or abnormal", Result.NORMAL)
    findings: str = column("发现问题", "what was found", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Body):
    """Professional maintenance (月度保养 and other cycles), with its test report."""

    KIND: ClassVar[str] = "service"
    NAME_ZH: ClassVar[str] = "专业保养"
    ANCHOR: ClassVar[str] = "performed_at"
    equipment: Refs = column("设备编号", "ids of the equipment")
    performed_at: Instant = column("保养时间", "when it was done")
    performer: Performer = column("执行方", "maker, specialist, in-house or other")
    organisation: str = column("保养单位", "the company", "")
    level: str = column("级别", "such as month, half-month, quarter, year", "month")
    report: str = column("检测报告编号", "number of the test report; or attach it", "")
    ran: bool = column("是否试运行", "whether the equipment was run", False)
    result: Result = column("结果", "normal or abnormal", Result.NORMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhaul(Body):
    """A full yearly overhaul (年度全面检修), assessed by a third party."""

    KIND: ClassVar[str] = "overhaul"
    NAME_ZH: ClassVar[str] = "年度检修"
    ANCHOR: ClassVar[str] = "performed_at"
    equipment: Refs = column("设备编号", "ids of the equipment")
    performed_at: Instant = column("检修时间", "when it was done")
    organisation: str = column("检修单位", "who did it")
    assessor: str = column("评估机构", "the third party that assessed it", "")
    report: str = column("评估报告编号", "number of the report; or attach it", "")
    serves_month: bool = column("含月度保养", "whether its checklist holds the monthly service", False)
    result: Result = column("结果", "normal or abnormal", Result.NORMAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection(Body):
    """What somebody found of an item that no wire shows: usable or not."""

    KIND: ClassVar[str] = "inspection"
    NAME_ZH: ClassVar[str] = "状态检查"
    ANCHOR: ClassVar[str] = "performed_at"
    item: str = column("功能项", "equipment/item")
    performed_at: Instant = column("检查时间", "when")
    usable: bool = column("可正常使用", "whether it can be used")
    person: str = column("检查人", "by name or staff id", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Body):
    """A preventive maintenance plan for equipment."""

    KIND: ClassVar[str] = "plan"
    NAME_ZH: ClassVar[str] = "预防性维护计划"
    ANCHOR: ClassVar[str] = "valid_from"
    equipment: Refs = column("设备编号", "ids of the equipment")
    valid_from: date = column("生效日期", "first day in force")
    valid_until: date | None = column("失效日期", "last day in force", None)
    levels: Refs = column("级别", "which levels it plans: daily; monthly; annual", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange(Body):
    """An approved change of what counts: an item taken out of, or into, the list."""

    KIND: ClassVar[str] = "item-change"
    NAME_ZH: ClassVar[str] = "功能项变更"
    ANCHOR: ClassVar[str] = "at"
    item: str = column("功能项", "equipment/item")
    at: Instant = column("生效时间", "from when on")
    counts: bool = column("计入", "whether it counts from then on")
    approved_by: str = column("批准人", "who approved it")

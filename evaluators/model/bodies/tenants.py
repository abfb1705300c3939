"""What tenants ask for, complain of and are offered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract(Body):
    """A tenant's contract and what is owed at moving in."""

    KIND: ClassVar[str] = "contract"
    NAME_ZH: ClassVar[str] = "入驻客户"
    ANCHOR: ClassVar[str] = "signed_at"
    tenant: str = column("客户名称", "the company")
    signed_at: Instant = column("签约时间", "when the contract was signed")
    profile_at: Instant | None = column("建档时间", "when the file was made", None)
    guide_at: Instant | None = column("入驻指引时间", "when the guide was handed over", None)
    visit_at: Instant | None = column("首次拜访时间", "when the first visit was made", None)
    visit_recorded: bool = column("拜访需求已记录", "whether the needs were written down", False)


class Difficulty(StrEnum):
    """What a tenant's request is."""

    INQUIRY = "inquiry"
    """A question."""
    SIMPLE = "simple"
    COMPLEX = "complex"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request(Body):
    """A tenant's question or request."""

    KIND: ClassVar[str] = "request"
    NAME_ZH: ClassVar[str] = "客户需求"
    ANCHOR: ClassVar[str] = "received_at"
    tenant: str = column("客户", "id of the contract, or a name", "")
    received_at: Instant = column("受理时间", "when it was received")
    difficulty: Difficulty = column("类别", "inquiry, simple or complex")
    first_person: str = column("首问责任人", "the first person asked", "")
    answered_on_spot: bool | None = column("当场解答", "of an inquiry: answered at once", None)
    replied_at: Instant | None = column("响应时间", "when it was answered", None)
    done_at: Instant | None = column("完成时间", "when it was done", None)
    confirmed_at: Instant | None = column("客户确认时间", "when the tenant confirmed", None)


class Channel(StrEnum):
    """How a complaint came."""

    ON_SITE = "on-site"
    PHONE = "phone"
    ONLINE = "online"


class Severity(StrEnum):
    """How bad a complaint is."""

    GENERAL = "general"
    MAJOR = "major"


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint(Body):
    """A complaint."""

    KIND: ClassVar[str] = "complaint"
    NAME_ZH: ClassVar[str] = "投诉"
    ANCHOR: ClassVar[str] = "received_at"
    tenant: str = column("客户", "id of the contract, or a name", "")
    received_at: Instant = column("受理时间", "when it was received")
    channel: Channel = column("渠道", "on-site, phone or online")
    severity: Severity = column("级别", "general or major", Severity.GENERAL)
    first_person: str = column("首问责任人", "the first person asked", "")
    responded_at: Instant | None = column("响应时间", "when somebody responded", None)
    resolved_at: Instant | None = column("解决时间", "when it was solved", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Body):
    """A contact with a tenant about an open complaint."""

    KIND: ClassVar[str] = "contact"
    NAME_ZH: ClassVar[str] = "投诉沟通"
    ANCHOR: ClassVar[str] = "at"
    complaint: str = column("投诉编号", "id of the complaint")
    at: Instant = column("沟通时间", "when")
    person: str = column("沟通人", "who", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey(Body):
    """One answer to a survey: of a complaint solved, or of tenants in general."""

    KIND: ClassVar[str] = "survey"
    NAME_ZH: ClassVar[str] = "满意度回访"
    ANCHOR: ClassVar[str] = "at"
    at: Instant = column("回访时间", "when")
    complaint: str = column("投诉编号", "id of the complaint; empty for a general survey", "")
    tenant: str = column("客户", "id of the contract, or a name", "")
    satisfied: bool | None = column("是否满意", "empty: asked, but not answered", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueAdded(Body):
    """A value-added service in a year."""

    KIND: ClassVar[str] = "value-added"
    NAME_ZH: ClassVar[str] = "增值服务"
    ANCHOR: ClassVar[str] = "offered_from"
    title: str = column("项目", "what is offered")
    offered_from: date = column("开始日期", "first day on offer")
    offered_until: date | None = column("结束日期", "last day on offer", None)
    customised: bool = column("是否定制", "made to a tenant's need", False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation(Body):
    """How many could have taken part in the value-added services of a year, and how many did."""

    KIND: ClassVar[str] = "participation"
    NAME_ZH: ClassVar[str] = "增值服务参与"
    ANCHOR: ClassVar[str] = "counted_on"
    counted_on: date = column("统计日期", "a date of the year counted")
    companies: int = column("企业总数", "companies in the building")
    companies_took_part: int = column("参与企业数", "of them took part")
    employees: int = column("员工总数", "employees in the building")
    employees_took_part: int = column("参与员工数", "of them took part")

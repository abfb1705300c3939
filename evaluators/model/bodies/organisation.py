"""Documents, their reviews, and the supervision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, Refs, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Body):
    """A document in force: a manual, a plan, a charter, goals."""

    KIND: ClassVar[str] = "document"
    NAME_ZH: ClassVar[str] = "制度文件"
    ANCHOR: ClassVar[str] = "valid_from"
    document: str = column(
        "文件类别",
        "customer-service-manual, maintenance-manual, emergency-plan, environment-standard, energy-policy, "
        "intelligent-systems-manual, charter, yearly-goals, coordination, programme or another",
    )
    title: str = column("名称", "its title")
    valid_from: date = column("生效日期", "first day in force")
    valid_until: date | None = column("失效日期", "last day in force", None)
    covers: Refs = column("涵盖内容", "what it says, such as decision; execution; supervision", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Body):
    """A review of a document."""

    KIND: ClassVar[str] = "review"
    NAME_ZH: ClassVar[str] = "制度评审"
    ANCHOR: ClassVar[str] = "performed_on"
    document: str = column("文件类别", "the kind of document, as in its own record")
    review: str = column("评审类别", "legal, expert or revision")
    performed_on: date = column("日期", "when")
    person: str = column("评审人", "who", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter(Body):
    """A major matter (重大事项), from its raising to its answer."""

    KIND: ClassVar[str] = "matter"
    NAME_ZH: ClassVar[str] = "重大事项"
    ANCHOR: ClassVar[str] = "raised_at"
    title: str = column("事项", "what it is about")
    raised_at: Instant = column("提出时间", "when it was raised")
    answered_at: Instant | None = column("响应时间", "when it was answered", None)
    person: str = column("响应人", "who answered", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(Body):
    """What the supervision found, and when it was put right."""

    KIND: ClassVar[str] = "finding"
    NAME_ZH: ClassVar[str] = "巡检整改"
    ANCHOR: ClassVar[str] = "found_at"
    title: str = column("问题", "what was found")
    found_at: Instant = column("发现时间", "when")
    due_at: Instant | None = column("整改期限", "by when it is to be put right", None)
    closed_at: Instant | None = column("整改完成时间", "when it was put right", None)
    person: str = column("责任人", "who has to act", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight(Body):
    """An activity of the supervision: a quality inspection, a survey round, a management review."""

    KIND: ClassVar[str] = "oversight"
    NAME_ZH: ClassVar[str] = "监督活动"
    ANCHOR: ClassVar[str] = "performed_on"
    activity: str = column("活动", "quality-inspection, satisfaction-survey, follow-up or management-review")
    performed_on: date = column("日期", "when")
    person: str = column("负责人", "who", "")
    independent: bool = column("独立于执行层", "whether whoever did it is independent of the execution", True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive(Body):
    """An older archive of key operations, kept outside of this system."""

    KIND: ClassVar[str] = "archive"
    NAME_ZH: ClassVar[str] = "历史档案"
    ANCHOR: ClassVar[str] = "covers_from"
    operation: str = column("关键操作", "kind of records it holds, such as test, service or overhaul")
    covers_from: date = column("起始日期", "first day covered")
    covers_until: date = column("截止日期", "last day covered")
    place: str = column("存放地点", "where it is kept")

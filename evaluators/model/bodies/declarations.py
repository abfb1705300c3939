"""What is stated beforehand, proved once, or seen and taken care of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from evaluators.model.alerts import Severity, Stage
from evaluators.model.bodies.body import Body, Instant, Refs, column
from evaluators.model.episodes import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration(Body):
    """Planned work, a stand-down or a panel test over ``[start, end)``, declared before it begins."""

    KIND: ClassVar[str] = "declaration"
    NAME_ZH: ClassVar[str] = "事前申报"
    ANCHOR: ClassVar[str] = "start"
    items: Refs = column("功能项", "equipment/item, or a piece of equipment for all of its items")
    state: State = column("类型", "planned or not_required")
    start: Instant = column("开始时间", "when it begins")
    end: Instant = column("结束时间", "when it ends")
    panel_test: bool = column("火灾报警测试", "whether alarms of these items are a test meanwhile", False)
    reason: str = column("原因", "why", "")

    def __post_init__(self) -> None:
        if self.state not in (State.PLANNED, State.NOT_REQUIRED):
            raise ValueError(f"a declaration makes an item planned or not_required, not {self.state}")
        if self.end <= self.start:
            raise ValueError("a declaration must end after it starts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Commissioning(Body):
    """Proof that a point is what the site file says, and has the right polarity."""

    KIND: ClassVar[str] = "commissioning"
    NAME_ZH: ClassVar[str] = "点位验证"
    ANCHOR: ClassVar[str] = "proved_at"
    points: Refs = column("点位", "device/point, or a device for all of its points")
    proved_at: Instant = column("验证时间", "when")
    person: str = column("验证人", "who proved it")
    method: str = column("方法", "how it was proved", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement(Body):
    """Somebody has seen an alert, as it stood then, and takes care of it. It silences nothing."""

    KIND: ClassVar[str] = "acknowledgement"
    NAME_ZH: ClassVar[str] = "告警确认"
    ANCHOR: ClassVar[str] = "at"
    BY_COMMAND: ClassVar[bool] = True
    alert: str = column("告警", "the alert's key, as steward alerts --json shows it")
    stage: Stage = column("阶段", "how far it had come")
    severity: Severity = column("紧急程度", "how urgent it was")
    at: Instant = column("确认时间", "when it was seen")
    person: str = column("确认人", "by name or staff id")
    note: str = column("处理说明", "what is done about it", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissal(Body):
    """A row that was refused will not come right, and why. Where it is wrong in another way later, it is open."""

    KIND: ClassVar[str] = "dismissal"
    NAME_ZH: ClassVar[str] = "拒收处置"
    ANCHOR: ClassVar[str] = "at"
    BY_COMMAND: ClassVar[bool] = True
    file: str = column("文件", "the file or point that the row came by")
    place: str = column("位置", "its record's name, or where it stands", "")
    problem: str = column("拒收原因", "what was wrong with it")
    digest: str = column("摘要", "SHA-256 of what was wrong, as it is kept")
    at: Instant = column("处置时间", "when it was decided")
    person: str = column("处置人", "by name or staff id")
    reason: str = column("处置理由", "why it will not come right")

"""What is stated beforehand, or proved once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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

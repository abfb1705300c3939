"""What people state of meters."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, column


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterChange(Body):
    """A meter was replaced, or its register was set anew."""

    KIND: ClassVar[str] = "meter-change"
    NAME_ZH: ClassVar[str] = "表计更换"
    ANCHOR: ClassVar[str] = "changed_at"
    meter: str = column("表计编号", "id of the meter in the site file")
    changed_at: Instant = column("更换时间", "when the new one began to count")
    final: Fraction | None = column("旧表止码", "what the old one read last, in the point's unit", None)
    initial: Fraction | None = column("新表起码", "what the new one read first", None)
    person: str = column("操作人", "by name or staff id", "")

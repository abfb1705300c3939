"""What every connection, device and point of a site file has, whatever its protocol."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]


class Table(BaseModel):
    """A table of the site file: unknown keys are errors, and so are numbers that are not finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ConnectionBase(Table):
    """A way to devices. ``protocol`` picks the connector."""

    protocol: str


class DeviceBase(Table):
    """A controller, meter or gateway."""

    name: str = ""
    connection: str
    """The id of its connection."""
    period_s: Seconds = 5.0
    """How often it is polled, or, for one that reports by itself, how often it is expected to."""
    commissioned: bool | None = None
    """Whether its points were proved on site; unset: as the site says."""

    def faults(self, points: Mapping[str, PointBase]) -> Iterator[tuple[str, str]]:
        """What is wrong with points, by id, as points of this device: the id of each, and a sentence with what
        would be right after a colon. What a point's own table can know is no fault here."""
        yield from ()


class PointBase(Table):
    """A measured or state value."""

    HEADINGS: ClassVar[Mapping[str, str]] = {
        "name": "名称",
        "type": "类型",
        "unit": "单位",
        "commissioned": "已验证",
        "counter": "累计量",
    }
    """The Chinese headings of its keys in a point list; a key without one is headed by itself."""

    name: str = ""
    type: Literal["float", "int", "bool", "text"]
    """The type of its values, for ever."""
    unit: str = ""
    """UCUM code, such as ``kW.h``, ``Cel``, ``Pa``; empty for states."""
    commissioned: bool | None = None
    """Whether it was proved on site; unset: as its device says."""
    counter: bool = False
    """Whether it is a register that only grows, such as a meter's: its readings around the end of every quarter of
    an hour are kept for ever."""

"""What every connection, device and point of a site file has, whatever its protocol."""

from __future__ import annotations

from typing import Annotated, Literal

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


class PointBase(Table):
    """A measured or state value."""

    name: str = ""
    type: Literal["float", "int", "bool", "text"]
    """The type of its values, for ever."""
    unit: str = ""
    """UCUM code, such as ``kW.h``, ``Cel``, ``Pa``; empty for states."""
    commissioned: bool | None = None
    """Whether it was proved on site; unset: as its device says."""

"""What a site file says of BACnet/IP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port, Seconds

Instance = Annotated[int, Field(ge=0, le=4194302)]


class Connection(ConnectionBase):
    """One UDP socket of ours, and the BACnet device we are on it."""

    protocol: Literal["bacnet"]
    host: str
    """Our own address on the BACnet network, such as ``10.1.2.3`` (with ``/24`` where broadcasts are needed)."""
    port: Port = 47808
    instance: Instance = 4194000
    """Our own device instance."""
    timeout_s: Seconds = 1.0
    """For each answer."""
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    """How often an unanswered request is sent again."""


class Device(DeviceBase):
    """One BACnet device."""

    host: str
    port: Port = 47808
    instance: Instance
    max_properties: Annotated[int, Field(ge=1, le=200)] = 50
    """In one ReadPropertyMultiple."""


class Point(PointBase):
    """One property of one object; the object's Status_Flags, Out_Of_Service and Reliability give the quality."""

    object: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*,\d{1,7}$")]
    """Type and instance, such as ``analog-input,3``."""
    property: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] = "present-value"
    index: Annotated[int, Field(ge=0)] | None = None
    """Of an array property: 1 is the first element, 0 the length."""

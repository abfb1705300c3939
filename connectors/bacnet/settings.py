"""What a site file says of BACnet/IP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from connectors.settings import ConnectionBase, DeviceBase, PointBase, Port, Seconds

Cov = Literal["off", "unconfirmed", "confirmed"]
"""Whether changes are subscribed to, and whether each notification is acknowledged."""
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
    cov: Cov = "off"
    """Subscribe to changes of present values; ``period_s`` is then how often all is read to confirm them."""
    cov_lifetime_s: Annotated[int, Field(ge=2, le=86400)] = 600
    """Of a subscription; it is renewed before half of it."""
    poll_s: Seconds = 5.0
    """With ``cov``: how often what no subscription tells is read; at most ``period_s`` counts."""


class Point(PointBase):
    """One property of one object; the object's Status_Flags, Out_Of_Service and Reliability give the quality."""

    HEADINGS: ClassVar[Mapping[str, str]] = {
        **PointBase.HEADINGS,
        "object": "对象",
        "property": "属性",
        "index": "数组下标",
        "cov": "变化通知",
    }

    object: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*,\d{1,7}$")]
    """Type and instance, such as ``analog-input,3``."""
    property: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")] = "present-value"
    index: Annotated[int, Field(ge=0)] | None = None
    """Of an array property: 1 is the first element, 0 the length."""
    cov: Cov | None = None
    """As the device's; for present values only."""

"""A BACnet/IP device on its own UDP port. It can be read and discovered, not written to."""

from __future__ import annotations

import socket
from datetime import datetime, timedelta, timezone
from typing import Any

from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.comm import bind
from bacpypes3.errors import ExecutionError
from bacpypes3.ipv4 import IPv4DatagramServer
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import IPv4Address
from bacpypes3.primitivedata import Date, Time
from bacpypes3.service.device import WhoHasIHaveServices, WhoIsIAmServices
from bacpypes3.service.object import ReadWritePropertyMultipleServices, ReadWritePropertyServices

from simulators.bacnet.layout import LAYOUTS
from simulators.bacnet.objects import ServedObject
from simulators.building.items import Signals
from simulators.clock import now
from simulators.wires import WireFault

_VENDOR = 999
_EAST = timedelta(hours=8)
"""Of Greenwich: the building is in China."""
_MINUTE = timedelta(minutes=1)


class _Device(DeviceObject):
    """Its clock is the machine's, in the building's zone whatever the machine's is."""

    @property
    def localDate(self) -> Any:
        return Date(_local().date())

    @localDate.setter
    def localDate(self, value: Any) -> None:
        """The library sets every property once."""

    @property
    def localTime(self) -> Any:
        return Time(_local().time())

    @localTime.setter
    def localTime(self, value: Any) -> None:
        """The library sets every property once."""


def _local() -> datetime:
    return datetime.fromtimestamp(now() / 1e9, timezone(_EAST))


class _Gate(UDPMultiplexer):
    """Lets datagrams in, or not: a request that was let in would be answered, if only by an abort."""

    silent = False

    async def confirmation(self, pdu: Any) -> None:
        if not self.silent:
            await super().confirmation(pdu)


class _Application(
    Application,
    WhoIsIAmServices,
    WhoHasIHaveServices,
    ReadWritePropertyServices,
    ReadWritePropertyMultipleServices,
):
    """The stack from the services down to a socket that is bound already.

    The library's own application binds by itself, tries again for ever, and says nothing of a taken port.
    """

    def __init__(self, device: DeviceObject, listening: socket.socket) -> None:
        super().__init__()
        host, port = listening.getsockname()
        address = IPv4Address(f"{host}:{port}")
        self.asap = ApplicationServiceAccessPoint(device, self.device_info_cache)
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        self.gate = _Gate()
        self.server = IPv4DatagramServer(address, no_broadcast=True, bind_socket=listening)
        link = BIPNormal()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        bind(link, BVLLCodec(), self.gate.annexJ)
        bind(self.gate, self.server)
        self.nsap.bind(link, address=address)
        self.add_object(device)

    async def do_WritePropertyRequest(self, apdu: Any) -> None:
        raise ExecutionError(errorClass="property", errorCode="writeAccessDenied")

    async def do_WritePropertyMultipleRequest(self, apdu: Any) -> None:
        raise ExecutionError(errorClass="property", errorCode="writeAccessDenied")


class BacnetStation:
    """One BACnet device of the building."""

    def __init__(self, device: str, listening: socket.socket, values: Signals) -> None:
        """Serve on a bound UDP socket, which is closed with the station. Needs a running loop."""
        layout = LAYOUTS[device]
        self._objects = [ServedObject(one, values) for one in layout.objects]
        self._application = _Application(
            _Device(
                objectIdentifier=("device", layout.instance),
                objectName=device,
                vendorIdentifier=_VENDOR,
                utcOffset=-(_EAST // _MINUTE),
                daylightSavingsStatus=False,
            ),
            listening,
        )
        for served in self._objects:
            self._application.add_object(served.object)

    async def start(self) -> None:
        """Return once requests are answered."""
        await self._application.server._local_transport_ready.wait()  # the library has no public way to ask

    def show(self, values: Signals) -> int:
        """Serve these values from now on; the instant, ns UTC, at which that became true."""
        for served in self._objects:
            served.show(values)
        return now()

    async def break_wire(self, fault: WireFault, signal: str) -> int:
        """Make the fault true; the instant, ns UTC."""
        if fault is WireFault.SILENT:
            self._application.gate.silent = True
        else:
            self._mark(signal, fault)
        return now()

    async def mend_wire(self, fault: WireFault, signal: str) -> int:
        """End the fault; the instant, ns UTC."""
        if fault is WireFault.SILENT:
            self._application.gate.silent = False
        else:
            self._mark(signal, None)
        return now()

    async def close(self) -> None:
        """Close the socket."""
        self._application.server.close()

    def _mark(self, signal: str, fault: WireFault | None) -> None:
        for served in self._objects:
            if signal in served.signals:
                served.mark(fault)

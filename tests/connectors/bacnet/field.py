"""What the BACnet tests are made of: served objects, a wire that can be cut and watched, points, a sink."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from bacpypes3 import object as standard
from bacpypes3.apdu import AbortPDU, RejectPDU
from bacpypes3.basetypes import StatusFlags
from bacpypes3.errors import ExecutionError
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.cov import COVIncrementCriteria, GenericCriteria
from bacpypes3.local.device import DeviceObject
from bacpypes3.local.object import Object
from bacpypes3.pdu import IPv4Address
from bacpypes3.service.cov import ChangeOfValueServices

from agent.clock import SystemClock
from connectors.bacnet.connector import connect
from connectors.bacnet.settings import Connection, Device, Point
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint, Connector, DeviceHealth
from evaluators.model.samples import Block, Quality, Sample, ValueKind

LOOPBACK = "127.0.0.1"
KINDS = {"float": ValueKind.FLOAT, "int": ValueKind.INT, "bool": ValueKind.BOOL, "text": ValueKind.TEXT}
READS = {"read-property", "read-property-multiple"}
SAYS = READS | {"subscribe-cov", "who-is", "acknowledgement", "denial", "abort"}
"""All that the agent may ever say."""
ANYONE = 4194303
ALL_WELL = {"statusFlags": [0, 0, 0, 0], "eventState": 0, "outOfService": False, "reliability": 0}

Wire = tuple[str, int]
Mangle = Callable[[bytes], Iterable[bytes]]


def a_free_port() -> int:
    """A UDP port that nobody has at the moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


# --- what is served


class _Served(Object):  # type: ignore[misc]  # bacpypes3 is untyped
    """Property_List is kept by this base class alone. Its Status_Flags follow from the other properties, unless
    a test sets ``_flags``."""

    _flags: list[int] | None = None

    @property
    def statusFlags(self) -> Any:
        """As set, or as bacpypes3 works them out."""
        return Object.statusFlags.fget(self) if self._flags is None else StatusFlags(self._flags)

    @statusFlags.setter
    def statusFlags(self, value: Any) -> None:
        """At the start only: bacpypes3 makes objects so."""


def a_class(name: str, criteria: Any = GenericCriteria) -> Any:
    """A standard object class that can be served, such as ``AnalogInputObject``, and when it notifies."""
    return type(f"Served{name}", (_Served, getattr(standard, name)), {"_cov_criteria": criteria})


CLASSES = {
    "accumulator": a_class("AccumulatorObject", None),
    "analog-input": a_class("AnalogInputObject", COVIncrementCriteria),
    "analog-output": a_class("AnalogOutputObject", COVIncrementCriteria),
    "analog-value": a_class("AnalogValueObject", COVIncrementCriteria),
    "binary-input": a_class("BinaryInputObject"),
    "binary-output": a_class("BinaryOutputObject"),
    "binary-value": a_class("BinaryValueObject"),
    "characterstring-value": a_class("CharacterStringValueObject"),
    "elevator-group": a_class("ElevatorGroupObject", None),
    "escalator": a_class("EscalatorObject", None),
    "life-safety-point": a_class("LifeSafetyPointObject"),
    "life-safety-zone": a_class("LifeSafetyZoneObject"),
    "lift": a_class("LiftObject", None),
    "multi-state-input": a_class("MultiStateInputObject"),
    "multi-state-output": a_class("MultiStateOutputObject"),
    "multi-state-value": a_class("MultiStateValueObject"),
    "positive-integer-value": a_class("PositiveIntegerValueObject"),
}
_SAFETY = {"mode": 1, "acceptedModes": [1], "silenced": 0, "operationExpected": 0}
_INCREMENTAL = {"units": "percent", "covIncrement": 1.0}
_FIXED: dict[str, dict[str, Any]] = {
    "analog-input": _INCREMENTAL,
    "analog-output": _INCREMENTAL,
    "analog-value": _INCREMENTAL,
    "binary-input": {"polarity": 0},
    "binary-output": {"polarity": 0},
    "elevator-group": {"statusFlags": None, "eventState": None, "outOfService": None, "reliability": None},
    "multi-state-input": {"numberOfStates": 9},
    "multi-state-output": {"numberOfStates": 9},
    "multi-state-value": {"numberOfStates": 9},
    "positive-integer-value": {"units": "percent"},
    "life-safety-point": {**_SAFETY, "deviceType": "smoke"},
    "life-safety-zone": {**_SAFETY, "zoneMembers": [], "maintenanceRequired": False},
    "lift": {"elevatorGroup": ("elevator-group", 4194303), "groupID": 1, "installationID": 1},
}


def a_served(kind: str, instance: int = 1, **properties: Any) -> Any:
    """An object to serve; all is well with it unless told otherwise. None leaves a property out."""
    wanted = {"objectName": f"{kind}-{instance}", **ALL_WELL, **_FIXED.get(kind, {}), **properties}
    kept = {name: value for name, value in wanted.items() if value is not None}
    return CLASSES[kind](objectIdentifier=(kind, instance), **kept)


class Station(NormalApplication):  # type: ignore[misc]  # bacpypes3 is untyped
    """One served device. ``most`` properties a ReadPropertyMultiple, else it aborts, or where ``rejects`` is set,
    rejects with that reason. ``shown`` are further properties of its device object.
    ``asked``: how many properties each ReadPropertyMultiple wanted of other objects than that."""

    device_class = DeviceObject

    def __init__(self, instance: int, where: str, objects: Iterable[Any], **shown: Any) -> None:
        identity = {"objectIdentifier": ("device", instance), "objectName": f"station-{instance}"}
        device = self.device_class(**identity, **shown)
        super().__init__(device, IPv4Address(where))
        for served in objects:
            self.add_object(served)
        self.most = 1000
        self.rejects: str | None = None
        self.asked: list[int] = []
        self.answers_to_anyone = True

    async def do_ReadPropertyRequest(self, apdu: Any) -> None:
        """As bacpypes3 does, which takes the device instance that means anyone for one that is not there."""
        if self.answers_to_anyone and apdu.objectIdentifier[1] == ANYONE:
            apdu.objectIdentifier = self.device_object.objectIdentifier
        await super().do_ReadPropertyRequest(apdu)

    async def do_ReadPropertyMultipleRequest(self, apdu: Any) -> None:
        """As bacpypes3 does, up to the limit."""
        count = sum(len(spec.listOfPropertyReferences) for spec in apdu.listOfReadAccessSpecs)
        if any(
            spec.objectIdentifier != self.device_object.objectIdentifier for spec in apdu.listOfReadAccessSpecs
        ):
            self.asked.append(count)
        if count > self.most and self.rejects:
            await self.response(RejectPDU(reason=self.rejects, context=apdu))
        elif count > self.most:
            await self.response(AbortPDU(srv=True, reason="buffer-overflow", context=apdu))
        else:
            await super().do_ReadPropertyMultipleRequest(apdu)

    async def ready(self) -> None:
        """Return once it listens."""
        await self.normal.server._local_transport_ready.wait()

    async def shut(self) -> None:
        """Stop listening, and let the socket go."""
        opened = self.normal.server.local_transport.get_extra_info("socket")
        self.close()
        while opened.fileno() >= 0:  # noqa: ASYNC110  # asyncio closes it in one of its next rounds
            await asyncio.sleep(0)


class Notifier(Station, ChangeOfValueServices):  # type: ignore[misc]  # bacpypes3 is untyped
    """A station that takes subscriptions, and remembers which it has. ``refuses``: with this error code,
    or as one that does not know the service."""

    def __init__(self, instance: int, where: str, objects: Iterable[Any], **shown: Any) -> None:
        Station.__init__(self, instance, where, objects, **shown)
        ChangeOfValueServices.__init__(self)
        self.subscribed: list[tuple[int, bool | None, int | None]] = []
        self.refuses: str | None = None

    async def do_SubscribeCOVRequest(self, apdu: Any) -> None:
        """As bacpypes3 does, unless it refuses."""
        confirmed = None if apdu.issueConfirmedNotifications is None else bool(apdu.issueConfirmedNotifications)
        self.subscribed.append((int(apdu.monitoredObjectIdentifier[1]), confirmed, apdu.lifetime))
        if self.refuses == "unrecognized-service":
            await self.response(RejectPDU(reason=self.refuses, context=apdu))
            return
        if self.refuses is not None:
            raise ExecutionError(errorClass="services", errorCode=self.refuses)
        await super().do_SubscribeCOVRequest(apdu)

    @property
    def held(self) -> set[str]:
        """The objects to which there are subscriptions."""
        return {str(identifier) for identifier in self._cov_detections}

    def restart(self) -> None:
        """Forget every subscription, as a device does that has restarted."""
        for detection in list(self._cov_detections.values()):
            for one in list(detection.cov_subscriptions):
                self.cancel_subscription(one)


# --- the wire between the agent and a station


class _End(asyncio.DatagramProtocol):
    def __init__(self, heard: Callable[[bytes, Wire], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Wire) -> None:
        self._heard(data, addr)


def said(datagram: bytes) -> str:
    """What a datagram says, in a word; its hexadecimal bytes where it is nothing the agent may say."""
    link, network, apdu = datagram[:2], datagram[4:6], datagram[6:]
    if link not in (b"\x81\x0a", b"\x81\x0b") or network[0] != 1 or network[1] & ~0x04:
        return datagram.hex()
    asked = {12: "read-property", 14: "read-property-multiple", 5: "subscribe-cov"}
    answered = {(2, 1): "acknowledgement", (5, 1): "denial"}
    kind = apdu[0] >> 4
    word = {
        0: asked.get(apdu[3] if len(apdu) > 3 else -1),
        1: "who-is" if apdu[1] == 8 else None,
        7: "abort",
    }.get(kind, answered.get((kind, apdu[2] if len(apdu) > 2 else -1)))
    return word or datagram.hex()


@dataclass(slots=True)
class Line:
    """A relay that the agent takes for the device. ``cut`` loses everything; ``mangle`` makes of each answer the
    datagrams that are delivered in its stead. Keeps what the agent sent."""

    port: int
    cut: bool = False
    mangle: Mangle = staticmethod(lambda answer: [answer])  # noqa: RUF009  # a function, not a shared object
    sent: list[bytes] = field(default_factory=list)
    front: Any = None
    back: Any = None
    agent: Wire | None = None

    def said(self) -> set[str]:
        """Everything the agent said, in words."""
        return {said(data) for data in self.sent}

    def count(self, word: str) -> int:
        """How often the agent said that."""
        return sum(said(data) == word for data in self.sent)

    def deliver(self, data: bytes) -> None:
        """Send to the agent, as the device."""
        self.front.sendto(data, self.agent)

    def from_agent(self, data: bytes, agent: Wire) -> None:
        """Pass on to the device."""
        self.sent.append(data)
        self.agent = agent
        if not self.cut:
            self.back.sendto(data)

    def from_device(self, data: bytes, _device: Wire) -> None:
        """Pass on to the agent."""
        if not self.cut:
            for each in self.mangle(data):
                self.deliver(each)


@asynccontextmanager
async def a_line(device_port: int) -> AsyncIterator[Line]:
    """A relay to a port of this machine. At its end nothing but what the agent may say may have been sent."""
    loop = asyncio.get_running_loop()
    line = Line(a_free_port())
    front, _ = await loop.create_datagram_endpoint(lambda: _End(line.from_agent), (LOOPBACK, line.port))
    back, _ = await loop.create_datagram_endpoint(
        lambda: _End(line.from_device), (LOOPBACK, 0), remote_addr=(LOOPBACK, device_port)
    )
    line.front, line.back = front, back
    try:
        yield line
        assert line.said() <= SAYS, "something was sent that the agent may not say"
    finally:
        front.close()
        back.close()
        await asyncio.sleep(0)


# --- the agent's side


def a_point(number: int, object: str, type: str = "float", **settings: Any) -> BoundPoint[Point]:
    """A point whose key is its address."""
    known = Point.model_validate({"object": object, "type": type, **settings})
    return BoundPoint(number, f"{object}.{known.property}", KINDS[type], known)


def a_device(
    port: int, *points: BoundPoint[Point], id: str = "plant", instance: int = 12, **settings: Any
) -> BoundDevice[Device, Point]:
    """A device on this machine, polled often."""
    known = Device.model_validate(
        {"connection": "bms", "host": LOOPBACK, "port": port, "instance": instance, "period_s": 0.05, **settings}
    )
    return BoundDevice(id, known, points)


def a_connector(
    *devices: BoundDevice[Device, Point], port: int | None = None, timeout_s: float = 2.0, retries: int = 0
) -> Connector:
    """A connector for the devices, on a free port."""
    settings = Connection(
        protocol="bacnet", host=LOOPBACK, port=port or a_free_port(), timeout_s=timeout_s, retries=retries
    )
    return connect(BoundConnection("bms", settings, devices))


@dataclass(slots=True)
class Recorder:
    """A sink that keeps every block."""

    blocks: list[Block] = field(default_factory=list)

    async def put(self, block: Block) -> None:
        """Keep it."""
        self.blocks.append(block)

    def samples(self, *points: int) -> list[Sample]:
        """The samples of these points, or of all, in the order they came."""
        return [s for block in self.blocks for s in block.samples() if not points or s.point in points]

    def good(self, point: int) -> list[Sample]:
        """The good samples of a point."""
        return [sample for sample in self.samples(point) if sample.quality is Quality.GOOD]

    def last(self) -> dict[int, tuple[object, str, str]]:
        """Value, quality and reason of each point in the last block."""
        return {
            s.point: (s.value, s.quality.name.lower(), s.reason.label)
            for s in (self.blocks[-1].samples() if self.blocks else ())
        }


@asynccontextmanager
async def running(connector: Connector, sink: Recorder) -> AsyncIterator[Callable[[], DeviceHealth]]:
    """The connector, read from until the end of the block; gives the health of its first device."""
    task = asyncio.create_task(connector.run(sink, SystemClock()))
    try:
        yield lambda: connector.health()[0]
        assert not task.done(), "the connector ended by itself"
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@dataclass(slots=True)
class Rig:
    """A station behind a line."""

    station: Any
    line: Line


@asynccontextmanager
async def a_rig(
    *objects: Callable[[], Any], instance: int = 12, kind: type[Station] = Station, **shown: Any
) -> AsyncIterator[Rig]:
    """A station with these objects (made on the running loop) behind a line."""
    async with AsyncExitStack() as stack:
        station = kind(instance, f"{LOOPBACK}:{a_free_port()}", [make() for make in objects], **shown)
        stack.push_async_callback(station.shut)
        await station.ready()
        line = await stack.enter_async_context(a_line(station.normal.server.local_address[1]))
        yield Rig(station, line)

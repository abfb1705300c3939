"""BACnet/IP by bacpypes3: one UDP socket, and the names of objects and properties. The only file that knows it.

Nothing but ReadProperty and ReadPropertyMultiple is ever sent. Only datagrams from the devices of the site file
are looked at, and of these only answers: the agent serves nothing, so that nobody can write to it either.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping
from ipaddress import AddressValueError, IPv4Address, IPv4Interface, NetmaskValueError
from typing import Any

from bacpypes3.apdu import (
    AbortPDU,
    AbortReason,
    ComplexAckPDU,
    ConfirmedRequestPDU,
    ErrorRejectAbortNack,
    RejectPDU,
)
from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.basetypes import Segmentation
from bacpypes3.comm import ServiceAccessPoint, bind
from bacpypes3.constructeddata import ExtendedList
from bacpypes3.ipv4 import IPv4DatagramServer
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.local.device import DeviceObject
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import Enumerated, ObjectType, PropertyIdentifier
from bacpypes3.vendor import get_vendor_info

from connectors.bacnet.device import DevicePoll, NoAnswer, Watched
from connectors.bacnet.plan import Ask, Target
from connectors.bacnet.quality import ASKED
from connectors.bacnet.refusal import Refused, by_abort, by_error, by_reject
from connectors.bacnet.settings import Connection, Device, Point
from connectors.bacnet.tags import ObjectId
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import Reason

MAX_APDU = 1476
"""Bytes that fit one BACnet/IP datagram; longer answers are refused and asked for in parts."""
MAX_TYPE = 1023
MAX_INSTANCE = 4194302
MAX_PROPERTY = 4194303


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one BACnet/IP connection.

    ValueError, naming the point, device or connection, for an address, object type or property that there is not.
    """
    return BacnetConnector(connection)


class BacnetConnector:
    """All devices of one connection, each in a task of its own, over one socket."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        settings = connection.settings
        self._settings = settings
        self._host = _own_host(connection.name, settings)
        self._where = f"{self._host}:{settings.port}"
        self._channels: dict[str, _Channel] = {}
        self._devices = [
            DevicePoll(resolved(device), connection.name, self._channel(device)) for device in connection.devices
        ]

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Read until cancelled; OSError when our own address cannot be had."""
        stack = _Stack(self._settings, self._where, _open(self._host, self._settings.port), self._channels)
        try:
            await stack.ready()
            async with asyncio.TaskGroup() as group:
                for device in self._devices:
                    group.create_task(device.run(sink, clock))
                await asyncio.Event().wait()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from failed
        finally:
            await stack.shut()

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does, now."""
        return tuple(device.health() for device in self._devices)

    def _channel(self, device: BoundDevice[Device, Point]) -> _Channel:
        """Devices behind one address share a channel."""
        settings = device.settings
        try:
            host = IPv4Address(settings.host)
        except AddressValueError:
            raise ValueError(f'device {device.id}: host = "{settings.host}" is no IPv4 address') from None
        where = f"{host}:{settings.port}"
        if where == self._where:
            raise ValueError(f"device {device.id}: {where} is our own address: give one of them another port")
        return self._channels.setdefault(where, _Channel(where, self._settings))


def _own_host(name: str, settings: Connection) -> str:
    try:
        return str(IPv4Interface(settings.host).ip)
    except (AddressValueError, NetmaskValueError):
        raise ValueError(f'connection {name}: host = "{settings.host}" is no IPv4 address of ours') from None


def _open(host: str, port: int) -> socket.socket:
    """Our socket, ours alone. bacpypes3 shares a port, and waits in silence for one that it cannot have."""
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setblocking(False)
    try:
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise OSError(
            error.errno, f"UDP {host}:{port} cannot be had ({error.strerror}): free it, or set host and port"
        ) from error
    return opened


# --- names


def resolved(device: BoundDevice[Device, Point]) -> Watched:
    """The device with the numbers behind its points' names; ValueError as `connect` says."""
    targets = tuple(_target(point) for point in device.points)
    objects = {target.ask.object for target in targets}
    return Watched(
        device.id, device.settings, targets, {identifier: _witnesses(identifier) for identifier in objects}
    )


def _target(point: BoundPoint[Point]) -> Target:
    kind, _, instance = point.settings.object.partition(",")
    identifier = ObjectId(_number(point.key, "object type", ObjectType, kind, MAX_TYPE), int(instance))
    if identifier.instance > MAX_INSTANCE:
        raise ValueError(f"point {point.key}: object instances go to {MAX_INSTANCE}, not {instance}")
    number = _number(point.key, "property", PropertyIdentifier, point.settings.property, MAX_PROPERTY)
    index = point.settings.index
    of_type = _type_of(identifier, number)
    several = isinstance(of_type, type) and issubclass(of_type, ExtendedList)
    of_element = of_type._subtype if several and index else of_type
    return Target(point, Ask(identifier, number, index), several and index is None, _words(of_element))


def _number(key: str, what: str, names: Any, name: str, most: int) -> int:
    """By its name, or for what only its vendor names, by its number."""
    try:
        number = int(name if name.isdigit() else names(name))
    except ValueError:
        raise ValueError(
            f'point {key}: there is no {what} "{name}": use its name in the standard, or its number'
        ) from None
    if number > most:
        raise ValueError(f"point {key}: the number of its {what} goes to {most}, not {name}")
    return number


def _type_of(identifier: ObjectId, number: int) -> Any:
    """bacpypes3's class for a property; None where it knows none."""
    of_object = get_vendor_info(0).get_object_class(identifier.type)
    return of_object.get_property_type(PropertyIdentifier(number)) if of_object else None


def _words(of_type: Any) -> Mapping[int, str]:
    if isinstance(of_type, type) and issubclass(of_type, Enumerated):
        words: Mapping[int, str] = getattr(of_type, "_asn1_map")  # noqa: B009  # untyped, so mypy takes it for a plain type
        return words
    return {}


def _witnesses(identifier: ObjectId) -> tuple[int, ...]:
    """What this type of object says of itself; a type that only its vendor knows is asked for everything."""
    if get_vendor_info(0).get_object_class(identifier.type) is None:
        return ASKED
    return tuple(number for number in ASKED if _type_of(identifier, number) is not None)


# --- the wire


class _Channel:
    """The way to one address: one question at a time, since bacpypes3 spins for ever on the 257th.

    ``application`` is set while the connector runs.
    """

    application: _Client

    def __init__(self, where: str, settings: Connection) -> None:
        self._address = Address(where)
        self._turn = asyncio.Lock()
        self._waited = f"within {settings.timeout_s:g} s, asked {settings.retries + 1} times"
        self._most_s = settings.timeout_s * (settings.retries + 1) + 1.0

    async def ask(self, service: int, data: bytes) -> bytes:
        """The content of the acknowledgement; `NoAnswer` or `Refused`, nothing else."""
        async with self._turn:
            answer = await self._acknowledgement(service, data)
        if not isinstance(answer, ComplexAckPDU) or answer.apduService != service:
            raise Refused(Reason.MISMATCH, "the answer is for another service")
        return bytes(answer.pduData)

    async def _acknowledgement(self, service: int, data: bytes) -> Any:
        question = ConfirmedRequestPDU(service, destination=self._address)
        question.put_data(data)
        try:
            # bacpypes3 keeps time itself, but stray segments can make it wait for ever
            async with asyncio.timeout(self._most_s):
                return await self.application.request(question)
        except TimeoutError:
            raise NoAnswer(self._waited) from None
        except ErrorRejectAbortNack as refusal:  # a BaseException: nobody else must see it
            raise self._meaning(refusal) from None

    def _meaning(self, refusal: ErrorRejectAbortNack) -> Exception:
        if isinstance(refusal, AbortPDU):
            ours = not refusal.apduSrv and refusal.apduAbortRejectReason == AbortReason.noResponse
            return NoAnswer(self._waited) if ours else by_abort(int(refusal.apduAbortRejectReason))
        if isinstance(refusal, RejectPDU):
            return by_reject(int(refusal.apduAbortRejectReason))
        return by_error(int(refusal.errorCode))


class _Answers(ApplicationServiceAccessPoint):
    """Lets nothing in but answers, and hands acknowledgements on undecoded."""

    async def confirmation(self, pdu: Any) -> None:
        """From the network: requests of others are dropped."""
        if pdu.pduData and pdu.pduData[0] >> 4 >= _SIMPLE_ACK:
            await super().confirmation(pdu)

    async def sap_response(self, apdu: Any) -> None:
        """To the client."""
        if isinstance(apdu, ComplexAckPDU):
            await ServiceAccessPoint.sap_response(self, apdu)
        else:
            await super().sap_response(apdu)


_SIMPLE_ACK = 2
"""PDU types below it are requests."""


class _Datagrams(IPv4DatagramServer):
    """Our socket. A datagram from anyone but our devices goes no further."""

    def __init__(self, address: Address, own: socket.socket, peers: Iterable[Address]) -> None:
        super().__init__(address, no_broadcast=True, bind_socket=own)
        self._own = own
        self._peers = {peer.addrTuple for peer in peers}

    async def confirmation(self, pdu: Any) -> None:
        """From the socket."""
        if pdu.pduSource.addrTuple in self._peers:
            await super().confirmation(pdu)

    async def ready(self) -> None:
        """Return once datagrams can be sent. Cancelled, it leaves bacpypes3's own task alone."""
        await self._local_transport_ready.wait()

    async def shut(self) -> None:
        """Let the socket go; it is free again on return."""
        await self.ready()
        self.local_transport.close()
        while self._own.fileno() >= 0:  # noqa: ASYNC110  # asyncio closes it in one of its next rounds
            await asyncio.sleep(0)


class _Client(Application):
    """bacpypes3's layers without its servers."""

    def __init__(self, device: Any, address: Address, datagrams: _Datagrams) -> None:
        super().__init__()
        self.asap = _Answers(device, self.device_info_cache)
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        link, codec, multiplexer = BIPNormal(), BVLLCodec(), UDPMultiplexer()
        bind(link, codec, multiplexer.annexJ)
        bind(multiplexer, datagrams)
        self.nsap.bind(link, address=address)


class _Stack:
    """bacpypes3's layers around our socket; an event loop must be running."""

    def __init__(
        self, settings: Connection, where: str, own: socket.socket, channels: Mapping[str, _Channel]
    ) -> None:
        device = DeviceObject(
            objectIdentifier=("device", settings.instance),
            objectName=f"steward-{settings.instance}",
            apduTimeout=round(settings.timeout_s * 1000),
            numberOfApduRetries=settings.retries,
            maxApduLengthAccepted=MAX_APDU,
            segmentationSupported=Segmentation.noSegmentation,
        )
        peers = [Address(peer) for peer in channels]
        self._datagrams = _Datagrams(Address(where), own, peers)
        self._application = _Client(device, Address(where), self._datagrams)
        for channel in channels.values():
            channel.application = self._application

    async def ready(self) -> None:
        """Return once datagrams can be sent."""
        await self._datagrams.ready()

    async def shut(self) -> None:
        """Let the socket go. No timer of a question that nobody waits for any more is left behind."""
        await self._datagrams.shut()
        for transaction in self._application.asap.clientTransactions:
            transaction.stop_timer()

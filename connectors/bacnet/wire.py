"""bacpypes3's layers around our socket: questions and their answers, and what devices say of their own accord.

Of what others send, answers to our questions are looked at, I-Am and COV notifications: the agent serves nothing,
so that nobody can write to it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bacpypes3.apdu import (
    AbortPDU,
    AbortReason,
    ComplexAckPDU,
    ConfirmedRequestPDU,
    ErrorPDU,
    ErrorRejectAbortNack,
    RejectPDU,
    SimpleAckPDU,
    UnconfirmedRequestPDU,
)
from bacpypes3.app import Application
from bacpypes3.appservice import ApplicationServiceAccessPoint
from bacpypes3.basetypes import Segmentation
from bacpypes3.comm import ServiceAccessPoint, bind
from bacpypes3.ipv4 import IPv4DatagramServer
from bacpypes3.ipv4.bvll import BVLLCodec
from bacpypes3.ipv4.service import BIPNormal, UDPMultiplexer
from bacpypes3.netservice import NetworkServiceAccessPoint, NetworkServiceElement
from bacpypes3.pdu import PDU, Address, IPv4Address, LocalBroadcast

from connectors.bacnet.announcement import I_AM, WHO_IS
from connectors.bacnet.channel import Ear, NoAnswer
from connectors.bacnet.cov import CONFIRMED_NOTIFICATION, SUBSCRIBE_COV, UNCONFIRMED_NOTIFICATION
from connectors.bacnet.framing import is_for_applications
from connectors.bacnet.plan import MAX_APDU, READ_PROPERTY, READ_PROPERTY_MULTIPLE
from connectors.bacnet.refusal import Refused, by_abort, by_error, by_reject
from connectors.bacnet.settings import Connection
from connectors.bacnet.sockets import broadcasts, own_interface, unicast
from evaluators.model.samples import Reason

MAY_ASK = frozenset({READ_PROPERTY, READ_PROPERTY_MULTIPLE, SUBSCRIBE_COV})
"""Every confirmed service that may leave this machine. None of them changes what a device does."""


_MARGIN_S = 1.0
"""bacpypes3 is given this much more before it is not waited for any more."""


class WireChannel:
    """The way to one address: one question at a time, since bacpypes3 spins for ever on the 257th.

    ``wire`` is set while the connector runs. ``patience_s`` is how long an answer may take in all.
    """

    wire: BacnetWire

    def __init__(self, where: str, settings: Connection) -> None:
        self._address = Address(where)
        self._where = self._address.addrTuple
        self._turn = asyncio.Lock()
        self._waited = f"within {settings.timeout_s:g} s, asked {settings.retries + 1} times"
        self.patience_s = settings.timeout_s * (settings.retries + 1)

    async def ask(self, service: int, data: bytes) -> bytes:
        """The content of the acknowledgement; `NoAnswer` or `Refused`, nothing else."""
        async with self._turn:
            answer = await self._acknowledgement(service, data)
        if not isinstance(answer, ComplexAckPDU) or answer.apduService != service:
            raise Refused(Reason.MISMATCH, "the answer is for another service")
        return bytes(answer.pduData)

    async def tell(self, service: int, data: bytes) -> None:
        """Return once it is acknowledged; `NoAnswer` or `Refused`, nothing else."""
        async with self._turn:
            answer = await self._acknowledgement(service, data)
        if not isinstance(answer, SimpleAckPDU) or answer.apduService != service:
            raise Refused(Reason.MISMATCH, "the answer is for another service")

    def heard(self) -> tuple[bytes, bytes]:
        """The last datagram sent there and the last one that came from there, since this was last called."""
        passed = self.wire.datagrams.passed
        return passed.pop((self._where, False), b""), passed.pop((self._where, True), b"")

    async def _acknowledgement(self, service: int, data: bytes) -> Any:
        if service not in MAY_ASK:
            raise PermissionError(f"service {service} is never asked for: this agent only reads")
        question = ConfirmedRequestPDU(service, destination=self._address)
        question.put_data(data)
        try:
            # bacpypes3 keeps time itself, but stray segments can make it wait for ever
            async with asyncio.timeout(self.patience_s + _MARGIN_S):
                return await self.wire.application.request(question)
        except TimeoutError:
            raise NoAnswer(self._waited) from None
        except ErrorRejectAbortNack as refusal:  # a BaseException: nobody else must see it
            raise self._meaning(refusal) from None

    def _meaning(self, refusal: ErrorRejectAbortNack) -> Exception:
        if isinstance(refusal, AbortPDU):
            ours = not refusal.apduSrv and refusal.apduAbortRejectReason == AbortReason.noResponse
            return NoAnswer(self._waited) if ours else by_abort(*_coded(refusal.apduAbortRejectReason))
        if isinstance(refusal, RejectPDU):
            return by_reject(*_coded(refusal.apduAbortRejectReason))
        return by_error(*_coded(refusal.errorCode))


def _coded(reason: Any) -> tuple[int, str]:
    """A number of the standard and its word; the number again where only the vendor knows the word."""
    return int(reason), str(reason)


class _Answers(ApplicationServiceAccessPoint):
    """Lets answers in, and hands acknowledgements on undecoded. Of requests, announcements and notifications of
    changes go to the ``ear``; all others are dropped."""

    ear: Ear

    async def confirmation(self, pdu: Any) -> None:
        """From the network."""
        data = bytes(pdu.pduData)
        if data and data[0] >> 4 >= _SIMPLE_ACK:
            await super().confirmation(pdu)
            return
        where = _written(pdu.pduSource)
        if data[:2] == _ANNOUNCEMENT:
            self.ear.announced(where, data[2:])
        elif data[:2] == _UNCONFIRMED:
            await self.ear.notified(where, None, data[2:])
        elif len(data) > 3 and data[0] & _SEGMENTED_OR_OTHER == 0 and data[3] == CONFIRMED_NOTIFICATION:
            await self.ear.notified(where, data[2], data[4:])

    async def sap_response(self, apdu: Any) -> None:
        """To the client."""
        if isinstance(apdu, ComplexAckPDU):
            await ServiceAccessPoint.sap_response(self, apdu)
        else:
            await super().sap_response(apdu)


_SIMPLE_ACK = 2
"""PDU types below it are requests."""
_ANNOUNCEMENT = bytes((0x10, I_AM))
_UNCONFIRMED = bytes((0x10, UNCONFIRMED_NOTIFICATION))
_SEGMENTED_OR_OTHER = 0xFC
"""None of these bits is set in a confirmed request that comes whole."""
_UNKNOWN_SUBSCRIPTION = bytes((0x91, 5, 0x91, 79))
"""Error class services, error code unknown-subscription."""


def _written(source: Any) -> str:
    return f"{source.addrTuple[0]}:{source.addrTuple[1]}" if isinstance(source, IPv4Address) else ""


_Place = tuple[str, int]


class _Datagrams(IPv4DatagramServer):
    """Our socket. A datagram from anyone but ``peers`` goes no further, nor does what is not for applications."""

    def __init__(self, address: Address, own: socket.socket, peers: frozenset[_Place] | None) -> None:
        super().__init__(address, no_broadcast=True, bind_socket=own)
        self._own = own
        self._peers = peers
        self.kept = False
        self.passed: dict[tuple[_Place, bool], bytes] = {}
        """While ``kept``, the last datagram to a place, and (True) the last one from there."""

    async def indication(self, pdu: Any) -> None:
        """To the socket."""
        if self.kept and isinstance(pdu.pduDestination, IPv4Address):
            self.passed[(pdu.pduDestination.addrTuple, False)] = bytes(pdu.pduData)
        await super().indication(pdu)

    async def confirmation(self, pdu: Any) -> None:
        """From the socket."""
        if self._peers is None or pdu.pduSource.addrTuple in self._peers:
            if self.kept:
                self.passed[(pdu.pduSource.addrTuple, True)] = bytes(pdu.pduData)
            await self.heard(pdu)

    async def heard(self, pdu: Any) -> None:
        """Hand on what is for applications. What cannot be read is dropped: bacpypes3 would log each in full."""
        if not is_for_applications(bytes(pdu.pduData)):
            return
        try:
            await self.response(pdu)
        except Exception:  # noqa: BLE001  # whatever others send, we go on
            return

    async def ready(self) -> None:
        """Return once datagrams can be sent. Cancelled, it leaves bacpypes3's own task alone."""
        await self._local_transport_ready.wait()
        self.local_transport.set_protocol(_Arrivals(self.confirmation))

    async def shut(self) -> None:
        """Let the socket go; it is free again on return."""
        await self.ready()
        self.local_transport.close()
        while self._own.fileno() >= 0:  # noqa: ASYNC110  # asyncio closes it in one of its next rounds
            await asyncio.sleep(0)


class _Arrivals(asyncio.DatagramProtocol):
    """Hands datagrams on in their order. The library's own way makes each sender's address anew, which is slow."""

    def __init__(self, hear: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
        self._hear = hear
        self._sources: dict[_Place, Any] = {}
        self._running: set[asyncio.Task[None]] = set()

    def datagram_received(self, data: bytes, addr: _Place) -> None:
        """From the socket."""
        source = self._sources.get(addr)
        if source is None:
            if len(self._sources) >= _MOST_SOURCES:
                self._sources.clear()
            source = self._sources[addr] = IPv4Address(addr)
        task = asyncio.ensure_future(self._hear(PDU(data, source=source)))
        self._running.add(task)
        task.add_done_callback(self._running.discard)


_MOST_SOURCES = 10_000


@dataclass(frozen=True, slots=True)
class _Manners:
    """How questions are asked, for bacpypes3: its own device object has the same, and takes long to look at."""

    apduTimeout: int
    numberOfApduRetries: int
    maxApduLengthAccepted: int = MAX_APDU
    segmentationSupported: Any = Segmentation.noSegmentation


class _Client(Application):
    """bacpypes3's layers without its servers."""

    def __init__(self, manners: _Manners, address: Address, datagrams: _Datagrams, ear: Ear) -> None:
        super().__init__()
        self.asap = _Answers(manners, self.device_info_cache)
        self.asap.ear = ear
        self.nsap = NetworkServiceAccessPoint()
        self.nse = NetworkServiceElement()
        bind(self.nse, self.nsap)
        bind(self, self.asap, self.nsap)
        link, codec, multiplexer = BIPNormal(), BVLLCodec(), UDPMultiplexer()
        bind(link, codec, multiplexer.annexJ)
        bind(multiplexer, datagrams)
        self.nsap.bind(link, address=address)


class BacnetWire:
    """bacpypes3's layers around our socket; an event loop must be running."""

    def __init__(
        self,
        name: str,
        settings: Connection,
        ear: Ear,
        peers: frozenset[_Place] | None,
        broadcast_port: int | None = None,
    ) -> None:
        self._interface = own_interface(name, settings.host)
        self._port = broadcast_port or settings.port
        address = Address(f"{self._interface.ip}:{settings.port}")
        self.datagrams = _Datagrams(address, unicast(str(self._interface.ip), settings.port), peers)
        self.datagrams.broadcast_address = (str(self._interface.network.broadcast_address), self._port)
        manners = _Manners(round(settings.timeout_s * 1000), settings.retries)
        self.application = _Client(manners, address, self.datagrams, ear)
        self._listening: list[asyncio.BaseTransport] = []

    async def ready(self) -> None:
        """Return once datagrams can be sent."""
        await self.datagrams.ready()

    async def listen(self) -> None:
        """Hear announcements that are broadcast; OSError when that cannot be had."""
        loop = asyncio.get_running_loop()
        for opened in broadcasts(self._interface, self._port):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Arrivals(self.datagrams.heard), sock=opened
            )
            self._listening.append(transport)

    async def who_is(self, data: bytes, where: str | None) -> None:
        """Ask who is there: the device at this address and port, or None for all on our network."""
        question = UnconfirmedRequestPDU(WHO_IS, destination=Address(where) if where else LocalBroadcast())
        question.put_data(data)
        await self.application.asap.request(question)

    async def acknowledge(self, where: str, invoke: int) -> None:
        """Answer a confirmed notification: it is stored."""
        await self.application.asap.request(
            SimpleAckPDU(CONFIRMED_NOTIFICATION, invoke, destination=Address(where))
        )

    async def deny(self, where: str, invoke: int) -> None:
        """Answer a confirmed notification: there is no such subscription."""
        answer = ErrorPDU(CONFIRMED_NOTIFICATION, invoke, destination=Address(where))
        answer.put_data(_UNKNOWN_SUBSCRIPTION)
        await self.application.asap.request(answer)

    async def shut(self) -> None:
        """Let the sockets go. No timer of a question that nobody waits for any more is left behind."""
        for transport in self._listening:
            transport.close()
        await self.datagrams.shut()
        for transaction in self.application.asap.clientTransactions:
            transaction.stop_timer()


async def open_wire(
    name: str, settings: Connection, channels: Mapping[str, WireChannel], listens: bool, ear: Ear
) -> BacnetWire:
    wire = BacnetWire(name, settings, ear, frozenset(Address(peer).addrTuple for peer in channels))
    for channel in channels.values():
        channel.wire = wire
    try:
        await wire.ready()
        if listens:
            await wire.listen()
    except BaseException:
        await wire.shut()
        raise
    return wire

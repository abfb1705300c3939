"""Modbus TCP by pymodbus: one TCP connection for each host and port, one question at a time. The only file that
knows the library.

pymodbus frames and sends; whether an answer belongs to its question is decided here on the bytes themselves, since
the library takes short, long and foreign answers. After a time-out or a wrong answer nothing more is asked on that
connection, so that what comes late can never be taken for the answer to another question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from connectors.modbus.answer import belongs
from connectors.modbus.device import DevicePoller
from connectors.modbus.line import UNIT, SharedLine
from connectors.modbus.listening import listen
from connectors.modbus.plan import Request
from connectors.modbus.settings import Connection, Device, Point
from connectors.modbus.survey import Surveyor, survey_units
from connectors.probing import Found, Probe
from connectors.protocol import BoundConnection, BoundDevice, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import Reason

MOST_HEARD = 1 << 20
"""Bytes after a question that are looked at; the library would forget them after 264 and wait on."""

QUESTIONS: dict[str, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one connection; ValueError, naming the point, for one that no request could hold."""
    return ModbusConnector(connection)


async def probe(connection: BoundConnection[Connection, Device, Point], clock: Clock) -> list[Probe]:
    """Read every point of each device once, and keep what went over the wire; in the order of the site file.

    ValueError as `connect`. A running agent is not disturbed, but for devices that take one connection only.
    """
    lines = lines_of(connection)

    async def along(place: Place) -> list[Probe]:
        line, timeout_s = lines[place], connection.settings.timeout_s
        there = [device for device in connection.devices if place_of(device) == place]
        return [await listen(connection.name, device, line, timeout_s, clock) for device in there]

    try:
        found = await asyncio.gather(*map(along, lines))
    finally:
        for line in lines.values():
            line.close()
    by_device = {probe.device: probe for probes in found for probe in probes}
    return [by_device[device.id] for device in connection.devices]


async def scan(
    settings: Connection,
    clock: Clock,
    host: str,
    port: int = 502,
    units: Iterable[int] = range(1, 248),
    first: int = 0,
    last: int = 999,
    pace_s: float = 0.05,
    finest: int = 8,
) -> list[Found]:
    """Which of the units behind a host and port answer, and which addresses from ``first`` to ``last``, as on the
    wire, each of their tables has; only read, a question every ``pace_s`` seconds. See `Surveyor` for ``finest``.

    Each unit that is not there costs ``timeout_s``. ConnectionError where nobody takes a connection.
    """
    line = tcp_line(host, port, settings.timeout_s)
    surveyor = Surveyor(line, clock, first=first, last=last, pace_s=pace_s, finest=finest)
    try:
        return await survey_units(surveyor, host, port, units)
    finally:
        line.close()


Place = tuple[str, int]


def place_of(device: BoundDevice[Device, Point]) -> Place:
    """Host and port."""
    return device.settings.host, device.settings.port


def lines_of(connection: BoundConnection[Connection, Device, Point]) -> dict[Place, SharedLine]:
    """A line for each host and port."""
    places = dict.fromkeys(map(place_of, connection.devices))
    return {place: tcp_line(*place, connection.settings.timeout_s) for place in places}


def tcp_line(host: str, port: int, timeout_s: float) -> SharedLine:
    """The line to a host and port."""
    return SharedLine(lambda late: TcpSession(host, port, timeout_s, late), timeout_s)


class ModbusConnector:
    """Every device a task of its own; those behind one host and port share a line."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        timeout_s = connection.settings.timeout_s
        self._lines = lines_of(connection)
        self._pollers = [
            DevicePoller(connection.name, device, self._lines[place_of(device)], timeout_s)
            for device in connection.devices
        ]

    async def run(self, sink: Sink, clock: Clock) -> None:
        """Poll every device until cancelled."""
        tasks = [asyncio.create_task(poller.run(sink, clock)) for poller in self._pollers]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for line in self._lines.values():
                line.close()

    def health(self) -> tuple[DeviceHealth, ...]:
        """How each device does."""
        return tuple(poller.health() for poller in self._pollers)


class TcpSession:
    """One TCP connection: a `connectors.modbus.line.Session`."""

    def __init__(self, host: str, port: int, timeout_s: float, late: Callable[[int], None]) -> None:
        self._timeout_s = timeout_s
        self._report_late = late
        self._answer: asyncio.Future[bytes | Reason] | None = None
        self.timed_out = False
        self.question = b""
        self.heard = b""
        """All that came since the question was sent."""
        self._client = AsyncModbusTcpClient(
            host,
            port=port,
            timeout=timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._passing,
            trace_connect=self._connection_changed,
        )
        self._client.ctx.max_buffer_size = MOST_HEARD

    @property
    def open(self) -> bool:
        """Whether it stands."""
        return self._client.connected

    async def connect(self) -> bool:
        """Whether it could be made."""
        try:
            made = await self._client.connect()
            _end_if_cancelled()
        except (OSError, UnicodeError):  # UnicodeError: a host name that cannot be one
            return False
        return made

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The whole answer that belongs to the question, or why there is none."""
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self._timeout_s):
                question = QUESTIONS[request.table](address=request.address, count=request.count, dev_id=unit)
                await self._client.execute(True, question)  # it sends only: we listen ourselves
                return await self._answer
        except TimeoutError:
            self.timed_out = True
            return Reason.TIMEOUT
        except (ModbusException, OSError):
            return Reason.OFFLINE
        finally:
            self._answer = None

    def close(self) -> None:
        """Let it go."""
        self._client.close()

    def _passing(self, sending: bool, packet: bytes) -> bytes:
        """Every packet passes here: what we send, and all that was received since then. The library sees nothing
        of that: it would take what does not belong."""
        if sending:
            self.question, self.heard = packet, b""
            return packet
        self.heard = packet
        fits = belongs(self.question, packet)
        if self._answer is None or self._answer.done():
            if self.timed_out and fits:
                self._report_late(self.question[UNIT])
        elif fits is not None:
            self._answer.set_result(packet if fits else Reason.MISMATCH)
        return b""

    def _connection_changed(self, connected: bool) -> None:
        if not connected and self._answer is not None and not self._answer.done():
            self._answer.set_result(Reason.OFFLINE)


def _end_if_cancelled() -> None:
    """Python 3.11's ``wait_for``, in which pymodbus connects, may swallow a cancellation: take it up again."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

"""Modbus TCP by pymodbus: one TCP connection for each host and port, one question at a time. The only file that
knows the library.

pymodbus frames and sends; whether an answer belongs to its question is decided here on the bytes themselves, since
the library takes short, long and foreign answers. After a time-out or a wrong answer the connection asks nothing
more, so that what comes late can never be taken for the answer to another question.
"""

from __future__ import annotations

import asyncio

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

from connectors.modbus.answer import EXCEPTIONS, belongs
from connectors.modbus.device import DevicePoller
from connectors.modbus.plan import Request
from connectors.modbus.settings import Connection, Device, Point
from connectors.protocol import BoundConnection, Clock, Connector, DeviceHealth, Sink
from evaluators.model.samples import Reason

HEAD = 9
"""Bytes before the data of an answer: MBAP header, function code, byte count."""

UNIT = 6
"""Where the unit stands in a frame."""

QUESTIONS: dict[str, type[ModbusPDU]] = {
    "coil": ReadCoilsRequest,
    "discrete": ReadDiscreteInputsRequest,
    "holding": ReadHoldingRegistersRequest,
    "input": ReadInputRegistersRequest,
}


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one connection; ValueError, naming the point, for one that no request could hold."""
    return ModbusConnector(connection)


class ModbusConnector:
    """Every device a task of its own; those behind one host and port share a line."""

    def __init__(self, connection: BoundConnection[Connection, Device, Point]) -> None:
        timeout_s = connection.settings.timeout_s
        self._lines: dict[tuple[str, int], TcpLine] = {}
        self._pollers = []
        for device in connection.devices:
            place = (device.settings.host, device.settings.port)
            line = self._lines.setdefault(place, TcpLine(*place, timeout_s))
            self._pollers.append(DevicePoller(connection.name, device, line, timeout_s))

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


class TcpLine:
    """One TCP connection, made when it is needed: a `connectors.modbus.device.Line`."""

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._host = host
        self._port = port
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._client: AsyncModbusTcpClient | None = None
        self._question = b""
        self._answer: asyncio.Future[bytes | Reason] | None = None
        self._timed_out = False
        self._late: set[int] = set()

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The data of the answer, exactly as long as the request asks for; or why there is none."""
        async with self._turn:
            client = await self._connected()
            if isinstance(client, Reason):
                return client
            self._answer = asyncio.get_running_loop().create_future()
            try:
                async with asyncio.timeout(self._timeout_s):
                    question = QUESTIONS[request.table](address=request.address, count=request.count, dev_id=unit)
                    await client.execute(True, question)  # it sends only: we listen ourselves
                    answer = await self._answer
            except TimeoutError:
                self._timed_out = True
                return Reason.TIMEOUT
            except (ModbusException, OSError):
                answer = Reason.OFFLINE
            except asyncio.CancelledError:
                self.close()
                raise
            finally:
                self._answer = None
            if isinstance(answer, Reason):
                self.close()
                return answer
            self._late.discard(unit)
            return answer[HEAD:] if answer[7] < 0x80 else EXCEPTIONS.get(answer[8], Reason.OTHER_EXCEPTION)

    def late(self, unit: int) -> bool:
        """Whether the unit's last answer came after the time-out.

        Heard only while nobody else asks on this line: the next question has a new connection.
        """
        return unit in self._late

    async def _connected(self) -> AsyncModbusTcpClient | Reason:
        if self._client is not None and self._client.connected and not self._timed_out:
            return self._client
        self.close()
        client = AsyncModbusTcpClient(
            self._host,
            port=self._port,
            timeout=self._timeout_s,
            retries=0,
            reconnect_delay=0,
            trace_packet=self._passing,
            trace_connect=self._connection_changed,
        )
        self._client = client
        try:
            made = await client.connect()
            _end_if_cancelled()
        except (OSError, UnicodeError):  # UnicodeError: a host name that cannot be one
            made = False
        except asyncio.CancelledError:
            self.close()
            raise
        if made:
            return client
        self.close()
        return Reason.REFUSED

    def close(self) -> None:
        """Let the connection go; the next question makes a new one."""
        client, self._client = self._client, None
        self._timed_out = False
        if client is not None:
            client.close()

    def _passing(self, sending: bool, packet: bytes) -> bytes:
        """Every packet passes here: what we send, and all that was received since then."""
        if sending:
            self._question = packet
            return packet
        if self._answer is None or self._answer.done():
            if self._timed_out and belongs(self._question, packet):
                self._late.add(self._question[UNIT])
            return b""
        fits = belongs(self._question, packet)
        if fits is not None:
            self._answer.set_result(packet if fits else Reason.MISMATCH)
        return packet if fits is None else b""

    def _connection_changed(self, connected: bool) -> None:
        if not connected and self._answer is not None and not self._answer.done():
            self._answer.set_result(Reason.OFFLINE)


def _end_if_cancelled() -> None:
    """Python 3.11's ``wait_for``, in which pymodbus connects, may swallow a cancellation: take it up again."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError

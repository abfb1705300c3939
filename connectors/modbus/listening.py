"""Reading devices once, with every exchange kept. No protocol library here."""

from __future__ import annotations

from typing import Protocol

from connectors.modbus.addresses import Addressing, written
from connectors.modbus.device import DevicePoller
from connectors.modbus.health import too_late
from connectors.modbus.plan import Request
from connectors.modbus.settings import Device, Point
from connectors.probing import Exchange, Probe
from connectors.protocol import BoundDevice, Clock
from evaluators.model.samples import Reason


class HeardLine(Protocol):
    """A `connectors.modbus.device.Line` of which can be told what went over the wire."""

    exchanged: tuple[bytes, bytes]
    """The last question as it was sent, and all that came back."""

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The data of the answer, or why there is none."""

    def late(self, unit: int) -> bool:
        """Whether the unit's last answer came after the time-out."""


class KeepingLine:
    """Asks over another line and keeps an `Exchange` of each question. Addresses are told as ``addressing`` writes
    them."""

    def __init__(self, line: HeardLine, clock: Clock, addressing: Addressing = "zero") -> None:
        self._line = line
        self._clock = clock
        self._addressing: Addressing = addressing
        self.exchanges: list[Exchange] = []

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """As the other line does."""
        at, began = self._clock.now(), self._clock.monotonic()
        answer = await self._line.ask(unit, request)
        seconds = self._clock.monotonic() - began
        self.exchanges.append(Exchange(at, *self._line.exchanged, seconds, self._meaning(unit, request, answer)))
        return answer

    def late(self, unit: int) -> bool:
        """As the other line does."""
        return self._line.late(unit)

    def _meaning(self, unit: int, request: Request, answer: bytes | Reason) -> str:
        first = written(self._addressing, request.table, request.address)
        what = "bits" if request.table in ("coil", "discrete") else "registers"
        said = f"{len(answer)} bytes" if isinstance(answer, bytes) else answer.label
        return f"unit {unit}, {request.count} {what} from {first}: {said}"


async def listen(
    source: str, device: BoundDevice[Device, Point], line: HeardLine, timeout_s: float, clock: Clock
) -> Probe:
    """Read every point of a device once. Where no answer comes in time, one that comes too late is waited for."""
    keeping = KeepingLine(line, clock, device.settings.addressing)
    poller = DevicePoller(source, device, keeping, timeout_s)
    block = await poller.poll(clock)
    problem = poller.health().detail
    if Reason.TIMEOUT.label in poller.health().errors:
        await clock.sleep(timeout_s)
        if line.late(device.settings.unit):
            problem = too_late(timeout_s)
    return Probe(device.id, tuple(block.samples()), tuple(keeping.exchanges), problem)

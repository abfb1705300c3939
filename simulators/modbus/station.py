"""A Modbus TCP device on its own port, unit 1. It can be read, not written to."""

from __future__ import annotations

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from simulators.building.items import Signals
from simulators.clock import now
from simulators.modbus.layout import LAYOUTS, Table
from simulators.modbus.registers import BIT_TABLES, TABLES, Words, blocks, filled, image
from simulators.ports import HOST
from simulators.wires import WireFault

_UNIT = 1
_TABLE_OF_FUNCTION: dict[int, Table] = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}
_EXCEPTIONS = {
    WireFault.ILLEGAL_ADDRESS: ExcCodes.ILLEGAL_ADDRESS,
    WireFault.DEVICE_FAILURE: ExcCodes.DEVICE_FAILURE,
    WireFault.DEVICE_BUSY: ExcCodes.DEVICE_BUSY,
}


class ModbusStation:
    """One Modbus device of the building."""

    def __init__(self, device: str, port: int, values: Signals) -> None:
        """Needs a running loop; nothing listens before `start`."""
        self._slots = LAYOUTS[device]
        self._image = image(self._slots, values)
        self._exception: ExcCodes | None = None
        self._silent = False
        coils, discretes, holdings, inputs = (_simdata(table, self._image.get(table)) for table in TABLES)
        self._server = ModbusTcpServer(
            SimDevice(_UNIT, (coils, discretes, holdings, inputs), action=self._answer),
            address=(HOST, port),
            trace_packet=self._trace,
        )

    async def start(self) -> None:
        """Return once connections are taken."""
        await self._server.serve_forever(background=True)

    def show(self, values: Signals) -> int:
        """Serve these values from now on; the instant, ns UTC, at which that became true."""
        self._image = image(self._slots, values)
        return now()

    async def break_wire(self, fault: WireFault, signal: str) -> int:
        """Make the fault true; the instant, ns UTC."""
        self._silent = fault is WireFault.SILENT
        self._exception = _EXCEPTIONS.get(fault)
        return now()

    async def mend_wire(self, fault: WireFault, signal: str) -> int:
        """End the fault; the instant, ns UTC."""
        self._silent, self._exception = False, None
        return now()

    async def close(self) -> None:
        """Close the port and its connections."""
        await self._server.shutdown()  # type: ignore[no-untyped-call]  # the library has no annotation

    async def _answer(
        self,
        function_code: int,
        start_address: int,
        address: int,
        count: int,
        current_registers: list[int],
        set_values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        """Put the image of this moment below the request, so that no answer mixes two moments."""
        words = self._image.get(_TABLE_OF_FUNCTION.get(function_code, "coil"))
        if set_values is not None or words is None:
            return ExcCodes.ILLEGAL_FUNCTION
        fresh = filled(words)
        current_registers[: len(fresh)] = fresh
        return self._exception

    def _trace(self, sending: bool, data: bytes) -> bytes:
        return b"" if sending and self._silent else data


def _simdata(table: Table, words: Words | None) -> list[SimData]:
    """The addresses that are there. The library wants something in every table: see `_answer` for unused ones."""
    if table in BIT_TABLES:
        return [SimData(0, count=16 * (max(words or {0: 0}) + 1), values=False, datatype=DataType.BITS)]
    if words is None:
        return [SimData(0, datatype=DataType.REGISTERS)]
    return [SimData(block.start, count=len(block), datatype=DataType.REGISTERS) for block in blocks(words)]

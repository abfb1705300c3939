"""Signals as the words of a device's tables. Pure."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Literal

from simulators.building.items import Signal, Signals
from simulators.modbus.layout import Slot, Table

TABLES: tuple[Table, ...] = ("coil", "discrete", "holding", "input")
BIT_TABLES: tuple[Table, ...] = ("coil", "discrete")
_FORMATS = {
    "bit": ">H",
    "int16": ">h",
    "uint16": ">H",
    "int32": ">i",
    "uint32": ">I",
    "uint64": ">Q",
    "float32": ">f",
}
_READ_ALONG = 16
"""Gaps up to this many registers are there, as zeros; beyond larger ones nothing is."""

Words = dict[int, int]
"""Register by address; for bit tables sixteen bits each, the lowest first, by address divided by 16."""


def image(slots: Sequence[Slot], values: Signals) -> Mapping[Table, Words]:
    """The tables that hold these values; tables without a slot are missing."""
    found: dict[Table, Words] = {}
    for slot in slots:
        table = found.setdefault(slot.table, {})
        if slot.encoding == "bit":
            address, bit = divmod(slot.address, 16) if slot.bit is None else (slot.address, slot.bit)
            table[address] = table.get(address, 0) | bool(values[slot.signal]) << bit
        else:
            table.update(enumerate(encoded(slot, values[slot.signal]), slot.address))
    return found


def encoded(slot: Slot, value: Signal) -> list[int]:
    """A value as registers. ABCD is big-endian, CDAB low word first, BADC bytes swapped, DCBA little-endian."""
    raw = struct.pack(_FORMATS[slot.encoding], _raw(slot, value))
    within: Literal["little", "big"] = "little" if slot.order in ("BADC", "DCBA") else "big"
    found = [int.from_bytes(raw[i : i + 2], within) for i in range(0, len(raw), 2)]
    return found[::-1] if slot.order in ("CDAB", "DCBA") else found


def _raw(slot: Slot, value: Signal) -> float | int:
    if slot.encoding == "float32":
        return float(value)
    if isinstance(value, int):  # counters never pass through a float
        return value
    return round(float(value) / slot.scale)


def blocks(words: Words) -> list[range]:
    """The stretches of addresses that can be read, small gaps closed."""
    found: list[range] = []
    for address in sorted(words):
        if found and address - found[-1].stop <= _READ_ALONG:
            found[-1] = range(found[-1].start, address + 1)
        else:
            found.append(range(address, address + 1))
    return found


def filled(words: Words) -> list[int]:
    """Every word from the first address to the last, gaps as zeros."""
    return [words.get(address, 0) for address in range(min(words), max(words) + 1)]

"""Signals as Modbus words."""

from __future__ import annotations

import pytest

from simulators.modbus.layout import LAYOUTS, Slot
from simulators.modbus.registers import blocks, encoded, filled, image


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("ABCD", [0x0102, 0x0304, 0x0506, 0x0708]),
        ("CDAB", [0x0708, 0x0506, 0x0304, 0x0102]),
        ("BADC", [0x0201, 0x0403, 0x0605, 0x0807]),
        ("DCBA", [0x0807, 0x0605, 0x0403, 0x0201]),
    ],
)
def test_the_order_of_bytes(order: str, words: list[int]) -> None:
    slot = Slot("energy", "holding", 0, "uint64", order=order)  # type: ignore[arg-type]  # a parameter is any str
    assert encoded(slot, 0x0102030405060708) == words


def test_a_counter_never_passes_through_a_float() -> None:
    assert encoded(Slot("energy", "holding", 0, "uint64"), 2**53 + 1) == [0x20, 0, 0, 1]


def test_a_scaled_negative_value() -> None:
    assert encoded(Slot("power-factor", "holding", 0, "int16", 0.001), -0.97) == [65536 - 970]


def test_bits_of_one_register_stand_together() -> None:
    slots = [Slot("a", "holding", 774, "bit", bit=12), Slot("b", "holding", 774, "bit", bit=10)]
    assert image(slots, {"a": True, "b": True}) == {"holding": {774: 0x1400}}
    assert image(slots, {"a": False, "b": True}) == {"holding": {774: 0x0400}}


def test_discrete_inputs_are_packed_from_the_lowest_bit() -> None:
    slots = [Slot("a", "discrete", 2, "bit"), Slot("b", "discrete", 17, "bit")]
    assert image(slots, {"a": True, "b": True}) == {"discrete": {0: 4, 1: 2}}


def test_small_gaps_can_be_read_and_large_ones_cannot() -> None:
    words = dict.fromkeys((772, 774, 1024, 1030), 1)
    assert blocks(words) == [range(772, 775), range(1024, 1031)]
    assert len(filled(words)) == 1031 - 772
    assert filled(words)[:3] == [1, 0, 1]


@pytest.mark.parametrize("device", LAYOUTS)
def test_no_two_signals_share_a_place(device: str) -> None:
    lengths = {"int32": 2, "uint32": 2, "float32": 2, "uint64": 4}
    taken = [
        (slot.table, slot.address + word, slot.bit)
        for slot in LAYOUTS[device]
        for word in range(lengths.get(slot.encoding, 1))
    ]
    assert len(taken) == len(set(taken))

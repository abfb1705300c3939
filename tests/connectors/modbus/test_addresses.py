"""Addresses as manuals write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.modbus.addresses import ADDRESSES, Addressing, TableName, on_the_wire, written

TABLES: list[TableName] = ["coil", "discrete", "holding", "input"]


@pytest.mark.parametrize(
    ("addressing", "number", "place"),
    [
        ("zero", 0, ("holding", 0)),
        ("zero", 40001, ("holding", 40001)),
        ("zero", 65535, ("holding", 65535)),
        ("one", 1, ("holding", 0)),
        ("one", 65536, ("holding", 65535)),
        ("modicon-5", 40001, ("holding", 0)),
        ("modicon-5", 49999, ("holding", 9998)),
        ("modicon-5", 30108, ("input", 107)),
        ("modicon-5", 10001, ("discrete", 0)),
        ("modicon-5", 1, ("coil", 0)),
        ("modicon-5", 9999, ("coil", 9998)),
        ("modicon-6", 400001, ("holding", 0)),
        ("modicon-6", 465536, ("holding", 65535)),
        ("modicon-6", 365536, ("input", 65535)),
        ("modicon-6", 100017, ("discrete", 16)),
        ("modicon-6", 17, ("coil", 16)),
        ("modicon-6", 40001, ("coil", 40000)),
    ],
)
def test_what_a_number_means(addressing: Addressing, number: int, place: tuple[str, int]) -> None:
    assert on_the_wire(addressing, number, None) == place


@pytest.mark.parametrize("addressing", ["zero", "one"])
@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_said_beside_a_plain_number(addressing: Addressing, table: TableName) -> None:
    assert on_the_wire(addressing, 7, table) == (table, 7 if addressing == "zero" else 6)


@pytest.mark.parametrize(
    ("addressing", "number", "table", "said"),
    [
        ("zero", 65536, None, "65536 is beyond the last address, 65535: look it up in the device's manual"),
        ("zero", 400001, None, r'beyond the last address, 65535: set addressing = "modicon-6" on the device'),
        ("one", 0, None, r'there is no address 0 where addressing = "one": the first is 1'),
        ("one", 65537, None, "65537 is beyond the last address, 65536: look it up"),
        ("one", 300001, None, r'beyond the last address, 65536: set addressing = "modicon-6"'),
        ("modicon-5", 40000, None, "40000 is no address: the first holding register is 40001"),
        ("modicon-5", 0, None, "00000 is no address: the first holding register is 40001"),
        ("modicon-5", 20001, None, r"20001 names no table: begin with 0 \(coil\), 1 \(discrete\)"),
        ("modicon-5", 400001, None, r'400001 has more than 5 digits: set addressing = "modicon-6" for six'),
        ("modicon-6", 400000, None, "400000 is no address: the first holding register is 400001"),
        ("modicon-6", 465537, None, "465537 is no address"),
        ("modicon-6", 500001, None, "500001 names no table"),
        (
            "modicon-6",
            40001,
            "holding",
            "040001 in 6 digits is a coil, not a holding: leave table out, or begin with 4 as in 440001",
        ),
        ("modicon-5", 40001, "input", "40001 in 5 digits is a holding, not an input: .* as in 30001"),
        ("modicon-5", 30001, "coil", "30001 in 5 digits is an input, not a coil: .* as in 00001"),
    ],
)
def test_what_means_nothing_says_what_would_be_right(
    addressing: Addressing, number: int, table: TableName | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        on_the_wire(addressing, number, table)


@given(st.sampled_from(TABLES), st.integers(0, ADDRESSES - 1))
def test_each_address_is_written_as_it_is_read(table: TableName, address: int) -> None:
    for addressing in ("zero", "one"):
        assert written(addressing, table, address) == f"{table} {address + (addressing == 'one')}"
    assert on_the_wire("modicon-6", int(written("modicon-6", table, address)), table) == (table, address)
    if address < 9999:
        text = written("modicon-5", table, address)
        assert len(text) == 5
        assert on_the_wire("modicon-5", int(text), table) == (table, address)

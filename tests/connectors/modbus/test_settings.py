"""What a site file can say of Modbus, and what it is told when it is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.modbus.settings import Device, Point
from tests.config.site_file import loaded, problems

SITE = """
[site]
id = "tower"
timezone = "Asia/Shanghai"

[connections.field]
protocol = "modbus"

[devices.meter]
connection = "field"
host = "10.1.2.3"
{device}

[devices.meter.points]
{points}
"""


def a_point(**settings: Any) -> Point:
    return Point.model_validate({"type": "int", "address": 0, **settings})


def a_device(**settings: Any) -> Device:
    return Device.model_validate({"connection": "field", "host": "10.1.2.3", **settings})


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"table": "coil"}, 'a coil is one bit: set encoding = "bit"'),
        ({"table": "discrete", "encoding": "bit", "bit": 0, "type": "bool"}, "a discrete has no bits of its own"),
        ({"table": "input", "encoding": "bit", "type": "bool"}, 'needs both encoding = "bit" and bit = 0 to 15'),
        ({"order": "ABCDEFGH"}, 'order = "ABCDEFGH" is one of 64 bits: give one of four letters'),
        (
            {"encoding": "text", "type": "text", "length": 4, "order": "CDAB"},
            "text is read from its first register",
        ),
        ({"encoding": "int8", "order": "DCBA"}, "a byte has no order"),
        ({"byte": "high"}, 'byte picks one of a register: set encoding = "int8" or "uint8"'),
        ({"encoding": "text", "type": "text"}, 'needs both encoding = "text" and length'),
        ({"length": 3}, 'needs both encoding = "text" and length'),
        ({"charset": "gb18030"}, 'only a text has a charset: set encoding = "text"'),
        ({"encoding": "float32", "type": "text", "values": {"1": "on"}}, "values are those of raw integers"),
        ({"type": "text", "encoding": "text", "length": 2, "values": {"1": "on"}}, "those of raw integers"),
        ({"type": "text", "values": {"1": "on"}, "scale": 2.0}, "values are taken as they stand"),
        ({"type": "text", "values": {"on": "on"}}, "values.on is no raw integer: give each a number such as 1"),
        ({"type": "text", "values": {"1": 5}}, "values.1 is no text: give each a value of the point's type"),
        ({"type": "int", "values": {"1": [5]}}, "this is no value of a point"),
        ({"type": "bool"}, 'encoding = "bit" and type = "bool" go together'),
        ({"type": "text"}, 'encoding = "text" and type = "text" go together'),
        ({"encoding": "text", "length": 2}, 'encoding = "text" and type = "text" go together'),
        ({"type": "text", "encoding": "text", "length": 2, "offset": 1.0}, "text is no number: leave out scale"),
        ({"type": "text", "encoding": "text", "length": 2, "absent": (0,)}, "text is no number: leave out scale"),
        ({"scale": 0.1}, "an int point needs a whole scale and offset: use type = float"),
        ({"encoding": "float16"}, 'encoding = "float16" gives type = "float"'),
        ({"absent": (0.5,)}, 'encoding = "uint16" is never a fraction: give whole numbers in absent'),
        ({"absent": (True,)}, "a mark for no value is a number"),
        ({"address": "x17"}, "valid integer"),
        ({"address": 465537}, "less than or equal to 465536"),
    ],
)
def test_a_point_that_cannot_be_says_what_would_be_right(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_point(**settings)


def test_a_number_in_quotes_may_have_leading_zeros() -> None:
    assert a_point(address="00017").address == 17


@pytest.mark.parametrize(
    ("device", "point", "said"),
    [
        ({}, {"encoding": "bit", "type": "bool"}, "a bit of a register needs both"),
        ({}, {"address": 65536}, "65536 is beyond the last address"),
        (
            {},
            {"address": 65535, "encoding": "float32", "type": "float"},
            "takes 2 registers from 65535, but the last",
        ),
        ({"max_registers": 2}, {"encoding": "int64"}, "takes 4 registers, but max_registers is 2: raise it"),
        ({"addressing": "modicon-5"}, {"address": 17}, 'a coil is one bit: set encoding = "bit"'),
        ({"addressing": "modicon-5"}, {"address": 30001, "table": "holding"}, "is an input, not a holding"),
        ({"addressing": "modicon-6"}, {"address": 40001}, 'a coil is one bit: set encoding = "bit"'),
        ({"holes": ({"first": 10, "last": 12},)}, {"address": 9, "encoding": "uint32"}, "lies in a hole"),
        ({"holes": ({"first": 10, "last": 12},)}, {"address": 12}, "lies in a hole"),
    ],
)
def test_a_point_that_its_device_cannot_have_says_what_would_be_right(
    device: dict[str, Any], point: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        a_device(**device).place(a_point(**point))


@pytest.mark.parametrize(
    ("addressing", "address", "table", "place"),
    [
        ("zero", 7, None, ("holding", 7)),
        ("one", 7, "input", ("input", 6)),
        ("modicon-5", 40008, None, ("holding", 7)),
        ("modicon-6", 300008, "input", ("input", 7)),
    ],
)
def test_a_point_is_placed_as_its_device_writes_addresses(
    addressing: str, address: int, table: str | None, place: tuple[str, int]
) -> None:
    known = a_point(address=address, **({} if table is None else {"table": table}))
    bound = a_device(addressing=addressing).place(known)
    assert (bound.table, bound.address) == place


@pytest.mark.parametrize(
    ("settings", "hole"),
    [
        ({"first": 10, "last": 12}, ("holding", 10, 13)),
        ({"first": 10, "last": 10, "table": "coil"}, ("coil", 10, 11)),
    ],
)
def test_a_hole_has_both_its_ends(settings: dict[str, Any], hole: tuple[str, int, int]) -> None:
    assert list(a_device(holes=(settings,)).declared()) == [hole]
    device = a_device(addressing="modicon-5", holes=({"first": 30011, "last": 30013},))
    assert list(device.declared()) == [("input", 10, 13)]
    assert a_device(holes=({"first": 10, "last": 12},)).place(a_point(address=13)).address == 13
    assert a_device(holes=({"first": 10, "last": 12},)).place(a_point(address=11, table="input")).address == 11


@pytest.mark.parametrize(
    ("addressing", "hole", "said"),
    [
        ("zero", {"first": 12, "last": 10}, "a hole of holding ends before it begins"),
        ("modicon-5", {"first": 30001, "last": 40001}, "a hole reaches from input into holding"),
        ("one", {"first": 0, "last": 1}, "there is no address 0"),
    ],
)
def test_a_hole_that_cannot_be_says_what_would_be_right(addressing: str, hole: dict[str, int], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        a_device(addressing=addressing, holes=(hole,))


def test_a_site_file_is_told_of_every_point_that_its_device_cannot_have(tmp_path: Any) -> None:
    points = 'low = { type = "int", address = 40000 }\nhigh = { type = "int", address = 400001 }\n'
    found = problems(tmp_path, SITE.format(device='addressing = "modicon-5"', points=points))
    assert [problem.key for problem in found] == ["devices.meter.points.low", "devices.meter.points.high"]
    assert "40000 is no address; the first holding register is 40001" in str(found[0])
    assert 'has more than 5 digits; set addressing = "modicon-6" for six' in str(found[1])


def test_a_site_file_may_say_everything_that_a_meter_is(tmp_path: Any) -> None:
    points = """
serial = { type = "text", address = "40001", encoding = "text", length = 8, charset = "gb18030", order = "BADC" }
breaker = { type = "text", address = 40020, values = { 0x01 = "分", 0x02 = "合" } }
closed = { type = "bool", address = 40020, values = { 1 = false, 2 = true }, absent = [0, 3] }
energy = { type = "int", address = 40021, encoding = "uint64", order = "EFGHABCD" }
digits = { type = "int", address = 40030, encoding = "bcd32" }
small = { type = "int", address = 30001, encoding = "int8", byte = "high" }
pump = { type = "bool", address = "00017", encoding = "bit" }
tiny = { type = "float", address = 40032, encoding = "float16", absent = [-1.5] }
"""
    device = 'addressing = "modicon-5"\nholes = [{ first = 40009, last = 40019 }]'
    found = loaded(tmp_path, SITE.format(device=device, points=points))
    assert len(found.connections[0].devices["meter"].points) == 8

"""How values lie in registers: encodings, orders of bytes, character sets. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Encoding = Literal[
    "bit",
    "int16",
    "uint16",
    "int8",
    "uint8",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float16",
    "float32",
    "float64",
    "bcd16",
    "bcd32",
    "bcd64",
    "text",
]
Order = Literal[
    "ABCD",
    "CDAB",
    "BADC",
    "DCBA",
    "ABCDEFGH",
    "GHEFCDAB",
    "BADCFEHG",
    "HGFEDCBA",
    "EFGHABCD",
    "CDABGHEF",
    "FEHGBADC",
    "DCBAHGFE",
]
Charset = Literal["utf-8", "gb18030", "latin-1", "utf-16-be"]

FORMATS: Mapping[Encoding, str] = {
    "bit": "H",
    "int8": "b",
    "uint8": "B",
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float16": "e",
    "float32": "f",
    "float64": "d",
    "bcd16": "H",
    "bcd32": "I",
    "bcd64": "Q",
}
"""As `struct` names them; text has a length of its own."""


class Layout(NamedTuple):
    """How bytes in an order are brought into the one that `struct` reads.

    The two bytes of each register are exchanged where ``swapped``; then the value is read big- or little-endian
    (``>`` or ``<``), where ``halved`` as two values of 32 bits of which the first read is the high one, or, where
    ``low_first``, the low one.
    """

    endian: str
    swapped: bool
    halved: bool = False
    low_first: bool = False


ORDERS: Mapping[Order, Layout] = {
    "ABCD": Layout(">", False),
    "CDAB": Layout("<", True),
    "BADC": Layout(">", True),
    "DCBA": Layout("<", False),
    "ABCDEFGH": Layout(">", False),
    "GHEFCDAB": Layout("<", True),
    "BADCFEHG": Layout(">", True),
    "HGFEDCBA": Layout("<", False),
    "EFGHABCD": Layout(">", False, halved=True, low_first=True),
    "CDABGHEF": Layout("<", True, halved=True),
    "FEHGBADC": Layout(">", True, halved=True, low_first=True),
    "DCBAHGFE": Layout("<", False, halved=True),
}
"""A is the highest byte of a value; the letters stand as the bytes come. An order of four letters says the same of
any width: the registers as they come or the last one first, their bytes as they come or exchanged."""


def registers(encoding: Encoding, length: int | None = None) -> int:
    """How many addresses a value takes; ``length`` is that of a text. A coil or discrete input is one ``bit``."""
    if encoding == "text":
        return length or 1
    return {"H": 1, "b": 1, "B": 1, "h": 1, "e": 1, "i": 2, "I": 2, "f": 2}.get(FORMATS[encoding], 4)


def spelled(raw: bytes, charset: Charset) -> str | None:
    """The text in registers: up to the first NUL, without blanks or 0xFF at its end; None where it is none.

    GB 18030 is read for GBK and GB 2312 too, which it extends.
    """
    if charset == "utf-16-be":
        return _decoded(raw, charset, "\uffff")
    return _decoded(raw.partition(b"\0")[0].rstrip(b"\xff"), charset, "")


def _decoded(raw: bytes, charset: str, filling: str) -> str | None:
    try:
        text = raw.decode(charset)
    except UnicodeDecodeError:
        return None
    return text.partition("\0")[0].rstrip(f"{filling} ")

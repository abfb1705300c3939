"""Addresses as manuals write them, and as they are on the wire. Pure.

On the wire each table counts from 0. Manuals count from 1 as often, or put the table's digit before the number:
40001 is the first holding register, or 400001 in six digits, as 65536 addresses do not fit into four.
"""

from __future__ import annotations

from typing import Literal

TableName = Literal["coil", "discrete", "holding", "input"]
Addressing = Literal["zero", "one", "modicon-5", "modicon-6"]

ADDRESSES = 65536
"""In each table."""

_TABLES: dict[int, TableName] = {0: "coil", 1: "discrete", 3: "input", 4: "holding"}
_DIGITS: dict[str, int] = {table: digit for digit, table in _TABLES.items()}


def on_the_wire(addressing: Addressing, number: int, table: TableName | None) -> tuple[TableName, int]:
    """The table and the zero-based address that ``number`` means; ``table`` is the one that is said beside it.

    Without one, and without a digit for it, it is ``holding``. ValueError, with what would be right after a colon,
    for a number that means nothing or contradicts ``table``.
    """
    if addressing == "zero":
        if number >= ADDRESSES:
            raise ValueError(f"{number} is beyond the last address, {ADDRESSES - 1}: {_hint(number)}")
        return table or "holding", number
    if addressing == "one":
        if number == 0:
            raise ValueError('there is no address 0 where addressing = "one": the first is 1')
        if number > ADDRESSES:
            raise ValueError(f"{number} is beyond the last address, {ADDRESSES}: {_hint(number)}")
        return table or "holding", number - 1
    return _modicon(5 if addressing == "modicon-5" else 6, number, table)


def written(addressing: Addressing, table: str, address: int) -> str:
    """An address on the wire as the device's manual writes it, with its table: ``holding 7``, ``40008``."""
    if addressing in ("zero", "one"):
        return f"{table} {address + (addressing == 'one')}"
    places = 4 if addressing == "modicon-5" else 5
    return f"{_DIGITS[table]}{address + 1:0{places}}"


def _modicon(digits: int, number: int, table: TableName | None) -> tuple[TableName, int]:
    places = digits - 1
    digit, place = divmod(number, 10**places)
    first = f"4{1:0{places}}"
    if digit > 9:
        raise ValueError(f'{number} has more than {digits} digits: set addressing = "modicon-6" for six')
    named = _TABLES.get(digit)
    if named is None:
        raise ValueError(
            f"{number:0{digits}} names no table: begin with 0 (coil), 1 (discrete), 3 (input) or 4 (holding)"
        )
    if not 1 <= place <= ADDRESSES:
        raise ValueError(f"{number:0{digits}} is no address: the first holding register is {first}")
    if table is not None and table != named:
        raise ValueError(
            f"{number:0{digits}} in {digits} digits is {_article(named)} {named}, not {_article(table)} {table}: "
            f"leave table out, or begin with {_DIGITS[table]} as in {_DIGITS[table]}{place:0{places}}"
        )
    return named, place - 1


def _hint(number: int) -> str:
    if str(number)[0] in "134" and len(str(number)) == 6:
        return 'set addressing = "modicon-6" on the device where its manual writes six digits'
    return "look it up in the device's manual"


def _article(table: str) -> str:
    return "an" if table == "input" else "a"

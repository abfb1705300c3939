"""Finding out which units answer and which addresses they have, by reading. No protocol library here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from connectors.modbus.addresses import ADDRESSES, TableName
from connectors.modbus.device import BUSY_S, REFUSALS, Line
from connectors.modbus.health import GONE
from connectors.modbus.plan import Request
from connectors.probing import Found
from connectors.protocol import Clock
from evaluators.model.samples import Reason

TABLES: tuple[TableName, ...] = ("coil", "discrete", "holding", "input")
LONGEST = {"coil": 2000, "discrete": 2000, "holding": 125, "input": 125}
SHOWN = 8
"""Words of a stretch that its remark shows."""


@dataclass(frozen=True, slots=True)
class Range:
    """Neighbouring addresses of a unit's table that can be read, from ``start`` on, and what they held."""

    unit: int
    table: TableName
    start: int
    words: tuple[int, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.words)


@dataclass(slots=True)
class UnitSurvey:
    """What was found of one unit. ``longest`` is the largest request that it answered, where it refused larger
    ones of addresses that it has; by the limit's key in a site file."""

    unit: int
    ranges: list[Range] = field(default_factory=list)
    longest: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


class Surveyor:
    """Asks for addresses ``first`` to ``last`` of each table, one question every ``pace_s`` seconds.

    What is refused is halved, down to ``finest`` addresses; of those the first and the last are tried, and if
    either is there, the others too. So stretches of fewer than ``finest`` - 1 addresses may be missed; with a
    ``finest`` of 1 none is.
    """

    def __init__(
        self, line: Line, clock: Clock, *, first: int = 0, last: int = 999, pace_s: float = 0.05, finest: int = 8
    ) -> None:
        self._line = line
        self._clock = clock
        self._first = first
        self._stop = min(last + 1, ADDRESSES)
        self._pace_s = pace_s
        self._finest = finest

    async def survey(self, unit: int) -> UnitSurvey | None:
        """What a unit has; None where nobody answers. ConnectionError where nothing can be asked at all."""
        found = UnitSurvey(unit)
        tables: list[TableName] = []
        for table in TABLES:
            answer = await self.ask(unit, table, self._first, 1)
            if answer in GONE:
                break
            if isinstance(answer, bytes) or answer in REFUSALS or answer is Reason.DEVICE_BUSY:
                tables.append(table)
            elif answer is not Reason.ILLEGAL_FUNCTION:
                found.remarks.append(f"{table} gave {answer.label}")
        for table in tables:
            await _Search(self, unit, table, found).run(self._first, self._stop)
        return found if tables else None

    async def ask(self, unit: int, table: TableName, start: int, count: int) -> bytes | Reason:
        """One question, at its pace; a busy unit is asked once more."""
        await self._clock.sleep(self._pace_s)
        request = Request(table, start, count, ())
        answer = await self._line.ask(unit, request)
        if answer is Reason.DEVICE_BUSY:
            await self._clock.sleep(BUSY_S)
            answer = await self._line.ask(unit, request)
        if answer is Reason.REFUSED:
            raise ConnectionError("nobody takes a connection there: check host and port")
        return answer

    @property
    def finest(self) -> int:
        """So many addresses that are refused together are not all tried one by one."""
        return self._finest


class _Search:
    """The search through one table of one unit."""

    def __init__(self, surveyor: Surveyor, unit: int, table: TableName, found: UnitSurvey) -> None:
        self._surveyor = surveyor
        self._unit = unit
        self._table = table
        self._found = found
        self._words: dict[int, int] = {}
        self._refused: list[range] = []
        self._longest = 0
        self._ended = False

    async def run(self, first: int, stop: int) -> None:
        """Search, and add what there is to the unit's survey."""
        for start in range(first, stop, LONGEST[self._table]):
            await self._try(start, min(start + LONGEST[self._table], stop), self._surveyor.finest)
        self._found.ranges.extend(_ranges(self._unit, self._table, self._words))
        if any(all(at in self._words for at in span) for span in self._refused):
            limit = "max_bits" if LONGEST[self._table] > 125 else "max_registers"
            known = self._found.longest.get(limit, self._longest)
            self._found.longest[limit] = min(known, self._longest)

    async def _try(self, start: int, stop: int, finest: int) -> bool:
        """Read addresses ``[start, stop)``, or what can be read of them; whether anything can."""
        if self._ended:
            return False
        answer = await self._surveyor.ask(self._unit, self._table, start, stop - start)
        if isinstance(answer, bytes):
            self._longest = max(self._longest, stop - start)
            self._words.update(enumerate(_words(self._table, answer, stop - start), start))
            return True
        if answer not in REFUSALS:
            where = f"{self._table} {start}-{stop - 1}"
            self._ended = answer in GONE or answer is Reason.ILLEGAL_FUNCTION
            after = ": not searched any further" if self._ended else ""
            self._found.remarks.append(f"{where} gave {answer.label}{after}")
            return False
        if stop - start == 1:
            return False
        self._refused.append(range(start, stop))
        if stop - start <= finest and not await self._has_an_end(start, stop):
            return False
        middle = (start + stop) // 2
        within = 1 if stop - start <= finest else finest
        left = await self._try(start, middle, within)
        return await self._try(middle, stop, within) or left

    async def _has_an_end(self, start: int, stop: int) -> bool:
        return await self._try(start, start + 1, 1) or await self._try(stop - 1, stop, 1)


def _words(table: TableName, data: bytes, count: int) -> Iterator[int]:
    if table in ("coil", "discrete"):
        return (data[at // 8] >> at % 8 & 1 for at in range(count))
    return (int.from_bytes(data[2 * at : 2 * at + 2], "big") for at in range(count))


def _ranges(unit: int, table: TableName, words: dict[int, int]) -> Iterator[Range]:
    starts = [at for at in sorted(words) if at - 1 not in words]
    for start in starts:
        stop = start
        while stop in words:
            stop += 1
        yield Range(unit, table, start, tuple(words[at] for at in range(start, stop)))


def proposed(host: str, port: int, survey: UnitSurvey) -> Found:
    """A unit in the terms of a site file: a point an address, each remark one line. Zero-based addresses; what the
    registers mean is for a person to say."""
    points = tuple(
        {"table": one.table, "address": at, **_plain(one.table)}
        for one in survey.ranges
        for at in range(one.start, one.start + one.count)
    )
    settings = {"host": host, "port": port, "unit": survey.unit, **survey.longest}
    return Found(settings, points, (*map(_remark, survey.ranges), *survey.remarks))


def _plain(table: TableName) -> dict[str, str]:
    bit = {"type": "bool", "encoding": "bit"}
    return bit if table in ("coil", "discrete") else {"type": "int", "encoding": "uint16"}


def _remark(one: Range) -> str:
    bits = one.table in ("coil", "discrete")
    words = " ".join(str(word) if bits else f"{word:04x}" for word in one.words[:SHOWN])
    more = " …" if one.count > SHOWN else ""
    return f"{one.table} {one.start}-{one.start + one.count - 1}: {words}{more}"


async def survey_units(surveyor: Surveyor, host: str, port: int, units: Iterable[int]) -> list[Found]:
    """Those of the units that answer."""
    surveys = [await surveyor.survey(unit) for unit in units]
    return [proposed(host, port, survey) for survey in surveys if survey is not None]

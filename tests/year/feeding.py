"""A simulated year as the evaluators take it: a standing of runs, a book of records, and the truth beside them.

Between two changes a point is polled every period and says the same: that is one run, from the change to the last
poll before the next one. What a change says under each rule is not written down here: a standing that takes it as
a sample tells, and `stretched` gives what it keeps (`StoredRun`) its true length. `expanded` gives every poll of a
short time instead, so that a test can compare the two.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter

from config.site import LoadedSite, load_site
from evaluators.model.bodies import BODIES, Body
from evaluators.model.records import Record
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, Value, ValueKind
from evaluators.model.site import Site
from evaluators.model.times import instant
from evaluators.standing import Standing, StoredRun

T = TypeVar("T")


class Said(NamedTuple):
    """From ``time`` (ns UTC) on a point says ``value``; None: nothing could be read."""

    time: int
    value: Value | None


@dataclass(frozen=True, slots=True)
class Year:
    """The four files of one year, read."""

    loaded: LoadedSite
    changes: Mapping[str, Sequence[Said]]
    records: tuple[Record[Body], ...]
    truth: Mapping[str, Any]

    @property
    def site(self) -> Site:
        """The building."""
        return self.loaded.site

    @property
    def numbers(self) -> dict[str, int]:
        """The number in blocks of each point."""
        return {point.key: number for number, point in enumerate(self.site.points, start=1)}


def read_year(folder: Path) -> Year:
    """Read what ``python -m simulators.year`` wrote."""
    changes: defaultdict[str, list[Said]] = defaultdict(list)
    for row in _rows(folder / "changes.jsonl"):
        changes[row["point"]].append(Said(row["time"], row["value"]))
    return Year(
        loaded=load_site(folder / "site.toml"),
        changes=changes,
        records=tuple(a_record(row) for row in _rows(folder / "records.jsonl")),
        truth=json.loads((folder / "truth.json").read_text(encoding="utf-8")),
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(BODIES[kind])


ENVELOPE = ("id", "version", "author", "imported")
TIMES = ("received", "made_at")


def a_record(row: Mapping[str, Any]) -> Record[Body]:
    """A line of ``records.jsonl`` as a record; ValueError where a field does not fit its kind."""
    kind = BODIES[row["kind"]]
    fields = {name: _plain(name, value) for name, value in row.items() if name in kind.__dataclass_fields__}
    unknown = set(row) - set(fields) - {"kind", *ENVELOPE, *TIMES}
    if unknown:
        raise ValueError(f"{row['kind']}:{row['id']}: no such fields: {sorted(unknown)}")
    envelope = {name: row[name] for name in ENVELOPE if name in row}
    body: Body = _adapter(row["kind"]).validate_python(fields)
    received, made_at = (instant(datetime.fromisoformat(row[name])) for name in TIMES)
    return Record(body=body, received=received, made_at=made_at, **envelope)


def _plain(name: str, value: Any) -> Any:
    if name in ("start", "end", "at") or name.endswith("_at"):
        return instant(datetime.fromisoformat(value))
    return tuple(value) if isinstance(value, list) else value


def stretched(year: Year, seed: int | None = None) -> Standing:
    """The standing at the end of the year; with a seed its runs come in another order."""
    stored = _stored(year)
    return Standing.restore(year.site, year.numbers, stored if seed is None else shuffled(stored, seed))


def _stored(year: Year) -> Iterator[StoredRun]:
    period, end = year.truth["period_ns"], year.truth["seen_until"]
    said = {
        key: list(dict.fromkeys((_tag(each.value), each.value) for each in rows))
        for key, rows in year.changes.items()
    }
    meaning, marks = _meanings(year, said)
    yield from marks
    for key, rows in year.changes.items():
        for (time, value), following in zip(rows, [*(row.time for row in rows[1:]), end], strict=True):
            for run in meaning[key, _tag(value)]:
                yield run._replace(start=time, end=max(time, following - period))


def _tag(value: Value | None) -> str:
    """Tells True from 1."""
    return f"{type(value).__name__} {value}"


Meanings = dict[tuple[str, str], list[StoredRun]]


def _meanings(year: Year, said: Mapping[str, list[tuple[str, Value | None]]]) -> tuple[Meanings, list[StoredRun]]:
    """What a standing keeps of each value of each point; and the rest of what it keeps."""
    numbers = year.numbers
    holds = {point.key: point.hold_ns for point in year.site.points}
    at: dict[tuple[int, int], tuple[str, str]] = {}
    standing = Standing(year.site, numbers)
    builder = BlockBuilder("field")
    for point in year.site.points:
        for place, (tag, value) in enumerate(said[point.key], start=1):
            time = place * 10 * holds[point.key]
            at[numbers[point.key], time] = (point.key, tag)
            _add(builder, numbers[point.key], point.kind, time, value)
    standing.take(builder.build(0))
    found: Meanings = {key: [] for key in at.values()}
    marks = []
    for run in standing.drain():
        key = at.get((run.point, run.start))
        if key is None or run.reading < 0:
            marks.append(run)
        else:
            found[key].append(run)
    return found, marks


def _add(builder: BlockBuilder, point: int, kind: ValueKind, time: int, value: Value | None) -> None:
    if value is None:
        builder.bad(point, kind, time, Reason.OFFLINE)
    else:
        builder.add(point, kind, time, value, Quality.GOOD, Reason.NONE)


def expanded(year: Year, since: int, until: int) -> Iterator[Block]:
    """Every poll of every point over ``[since, until)``, in time order, a block for each instant."""
    kinds = {point.key: point.kind for point in year.site.points}
    numbers, period = year.numbers, year.truth["period_ns"]
    polls: defaultdict[int, list[tuple[str, Value | None]]] = defaultdict(list)
    for key, rows in year.changes.items():
        for row, following in pairwise([*rows, Said(until, None)]):
            last = min(max(row.time, following.time - period), until)
            first = max(row.time, row.time + (since - row.time) // period * period)
            for time in {*range(first, last, period), last}:
                if since <= time < until:
                    polls[time].append((key, row.value))
    for time in sorted(polls):
        builder = BlockBuilder("field")
        for key, value in polls[time]:
            _add(builder, numbers[key], kinds[key], time, value)
        yield builder.build(time)


def shuffled(arrived: Iterable[T], seed: int) -> list[T]:
    """The same in another order of arrival."""
    found = list(arrived)
    Random(seed).shuffle(found)
    return found

"""Files of records: all of what is stated, when, and how it gets into the folder."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from simulators.building.items import Outage
from simulators.people.book import Book, Stated
from simulators.people.care import declare_work, write_care
from simulators.people.fire import false_form, write_fire
from simulators.people.office import write_office
from simulators.people.orders import order_of
from simulators.people.team import Team, write_team
from simulators.people.tenants import write_tenants

WORK_S = (40.0, 60.0)
"""From when to when after the start the air-handling unit is worked on, as declared."""
FORM_S = (14.0, 22.0)
"""From when to when after the start the false form says that the detectors were tested."""
WRITING_S = 0.5
"""What writing takes: nothing is stated before it has happened."""


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One file, put into the folder ``at_s`` seconds after the start."""

    at_s: float
    name: str
    records: Sequence[Stated]


def files(outages: Iterable[Outage], seed: int, start: datetime) -> list[RecordFile]:
    """Every file of a run that begins at ``start``, in the order in which they are put there."""
    team = Team.of(seed)
    found = [*_at_the_start(team, seed, start), *_meanwhile(team, outages, start)]
    return sorted(found, key=lambda file: file.at_s)


def _at_the_start(team: Team, seed: int, start: datetime) -> Iterator[RecordFile]:
    writers = {
        "team": write_team, "office": write_office, "care": write_care, "fire": write_fire,
        "tenants": write_tenants,
    }  # fmt: skip
    for about, write in writers.items():
        book = Book(start, seed, about)
        write(book, team)
        yield RecordFile(0, f"{about}.json", book.records)
    work = Book(start, seed, "work")
    declare_work(work, team, *_span(start, WORK_S))
    yield RecordFile(0, "planned-work.json", work.records)


def _meanwhile(team: Team, outages: Iterable[Outage], start: datetime) -> Iterator[RecordFile]:
    yield RecordFile(FORM_S[1] + WRITING_S, "smoke-test.json", [false_form(team, *_span(start, FORM_S))])
    for number, outage in enumerate(outages, 1):
        for version, (second, stated) in enumerate(order_of(outage, number, start, team), 1):
            yield RecordFile(second + WRITING_S, f"order-{number}-{version}.json", [stated])


def _span(start: datetime, seconds: tuple[float, float]) -> tuple[datetime, datetime]:
    first, last = (start + timedelta(seconds=second) for second in seconds)
    return first, last


def put(folder: Path, file: RecordFile) -> None:
    """Write a file under a name that nobody takes, and give it its own once it is whole. The folder is there."""
    draft = folder / f".{file.name}.part"
    with draft.open("w", encoding="utf-8") as text:
        json.dump(file.records, text, ensure_ascii=False, indent=1)
        text.flush()
        os.fsync(text.fileno())
    draft.replace(folder / file.name)


async def put_in_time(folder: Path, waiting: Iterable[RecordFile]) -> None:
    """Put each of the files, given in order, into the folder when its second has come, counted from this call."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for file in waiting:
        await asyncio.sleep(begun + file.at_s - loop.time())
        await asyncio.to_thread(put, folder, file)

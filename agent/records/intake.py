"""Taking files and messages in: read, keep what is attached, and write everything in one transaction."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

import apsw

from agent.journal.journal import Journal
from agent.records.attachments import Attachments
from agent.records.draft import Delivery, Reading, Refusal, Report, Row
from agent.records.encoding import canonical
from agent.records.files import SIZE_AT_MOST, read_file
from agent.records.references import names_of
from agent.records.sheet import Known
from agent.records.store import Encoded, encode, take
from agent.records.views import counts, problem_rows
from config.problems import Problem, Refused, shown
from connectors.protocol import Clock
from evaluators.model.site import Site

PLAIN = Delivery()


class RecordIntake:
    """Takes records into a journal. One for a process; its coroutines belong to the journal's event loop."""

    def __init__(self, site: Site, journal: Journal, clock: Clock) -> None:
        self.known = known_of(site)
        self.attachments = Attachments.beside(journal.path)
        self._journal = journal
        self._clock = clock

    async def take_file(self, path: Path, delivery: Delivery = PLAIN, name: str = "") -> Report:
        """Take a file of records in; files it names are sought in its folder. ``name`` is what it is called where
        that is not its own. JournalError where nothing could be written, OSError where it cannot be read."""
        data = await asyncio.to_thread(read_bytes, path)
        return await self.take_data(name or path.name, data, path.parent, delivery)

    async def take_data(self, name: str, data: bytes, folder: Path | None, delivery: Delivery = PLAIN) -> Report:
        """Take the bytes of a file in; ``folder`` holds the files that its rows name, None: there can be none."""

        def work() -> Reading:
            return self.with_files(name, read_file(name, data, self.known, delivery), folder)

        name = sayable(name)
        reading = await asyncio.to_thread(work)
        sha256 = hashlib.sha256(data).hexdigest()
        return await self.take_reading(name, sha256, reading, self._clock.now())

    async def take_reading(
        self, name: str, sha256: str, reading: Reading, received: int, place: str = ""
    ) -> Report:
        """Write what was read as of ``received`` (ns UTC): records, refusals and report all at once, or nothing.

        ``place`` says which of several messages of one name it was.
        """
        rows = await asyncio.to_thread(lambda: [encode(row.draft) for row in reading.rows])
        offer = _Offer(name, place, sha256, received, reading, rows)
        return await self._journal.write(offer.write)

    def with_files(self, name: str, reading: Reading, folder: Path | None) -> Reading:
        """The reading with every named file of ``folder`` kept; rows that lack one are refused. Blocking."""
        rows: list[Row] = []
        refused = {each.place: each.problems for each in reading.refusals}
        for row in reading.rows:
            try:
                rows.append(self._kept(row, folder))
            except Refused as error:
                problem = Problem(name, f"{row.place}, attachments", error.wrong, error.right)
                refused[row.draft.name] = (*refused.get(row.draft.name, ()), problem)
        refusals = tuple(Refusal(place, problems) for place, problems in refused.items())
        return Reading(tuple(rows), refusals, reading.problems)

    def _kept(self, row: Row, folder: Path | None) -> Row:
        for each in row.draft.attachments:
            if not self.attachments.holds(each.sha256):
                raise Refused(f"{shown(each.name)} is not kept here", "hand the file itself in")
        if not row.files:
            return row
        if folder is None:
            raise Refused("no files can come this way", "hand them in together with a sheet that names them")
        kept = (*row.draft.attachments, *(self.attachments.keep(each, folder) for each in row.files))
        return Row(row.place, replace(row.draft, attachments=tuple(dict.fromkeys(kept))))


def known_of(site: Site) -> Known:
    """What reading records has to know of a site."""
    return Known(names_of(site), ZoneInfo(site.zone))


def sayable(name: str) -> str:
    """A file's name as text, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", errors="replace")


def read_bytes(path: Path) -> bytes:
    """The bytes of a plain file, one more than the cap at most; OSError where it is none or cannot be read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path}: is no plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(SIZE_AT_MOST + 1)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class _Offer:
    """Everything one file or message brings, ready to be written."""

    name: str
    place: str
    sha256: str
    received: int
    reading: Reading
    rows: Sequence[Encoded]

    def write(self, connection: apsw.Connection) -> Report:
        """Within the caller's transaction: nothing here fails but for the disk."""
        taken = take(connection, self.rows, self.received)
        self._settle_refused(connection)
        report = Report(
            name=self.name,
            sha256=self.sha256,
            at=self.received,
            taken=taken,
            refusals=self.reading.refusals,
            problems=self.reading.problems,
        )
        self._note(connection, report)
        return report

    def _settle_refused(self, connection: apsw.Connection) -> None:
        """Strike off what has come right, then list what is wrong. A record is known by its name wherever it comes
        from, a row without an id by its file and place; what cannot be read as a whole by its own."""
        records = {row.draft.name for row in self.rows}
        places = {row.place for row in self.reading.rows}
        if not self.reading.problems:
            places.add(self.place)
        right = [
            (number,)
            for number, name, place in connection.execute("SELECT id, name, place FROM refused")
            if place in records or (name == self.name and place in places)
        ]
        connection.executemany("DELETE FROM refused WHERE id = ?", right)
        wrong = {each.place: each.problems for each in self.reading.refusals}
        if self.reading.problems:
            wrong[self.place] = self.reading.problems
        connection.executemany(
            "INSERT INTO refused (at, name, place, problem) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (name, place) DO UPDATE SET at = ?1, problem = ?4 WHERE problem != ?4",
            [(self.received, self.name, place, canonical(problem_rows(each))) for place, each in wrong.items()],
        )

    def _note(self, connection: apsw.Connection, report: Report) -> None:
        """Note the file, unless it came before and nothing is other than then."""
        told = {**counts(report), "problems": problem_rows(_first_problems(report))}
        taken = len(report.taken.added) + len(report.taken.amended) + len(report.taken.older)
        before = connection.execute(
            "SELECT report FROM intake WHERE name = ? AND sha256 = ? ORDER BY seq DESC LIMIT 1",
            (self.name, self.sha256),
        ).fetchone()
        if before is not None and not taken and json.loads(before[0])["problems"] == told["problems"]:
            return
        connection.execute(
            "INSERT INTO intake (at, name, sha256, taken, report) VALUES (?, ?, ?, ?, ?)",
            (report.at, self.name, self.sha256, taken, canonical(told)),
        )


PROBLEMS_NOTED = 100
"""Of one file in the table of files; all of them are in the table of refused rows."""


def _first_problems(report: Report) -> list[Problem]:
    every = (report.problems, *(refusal.problems for refusal in report.refusals))
    return list(islice(chain.from_iterable(every), PROBLEMS_NOTED))

"""The watched folder: what is put there is taken in, and moved away with a report beside it.

A file counts once two looks found it the same. Whoever writes slowly writes under a name that begins with a dot,
and renames it. A kill at any instant costs nothing but taking a file again, which changes nothing.
"""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from agent.errors import JournalError
from agent.records.draft import Report
from agent.records.files import SUFFIXES
from agent.records.handover import REFUSED, REPORT, TAKEN, is_bundle, read_manifest
from agent.records.intake import RecordIntake
from agent.records.views import report_row
from connectors.protocol import Clock
from evaluators.model.times import moment

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
NAME_AT_MOST = 180
"""Bytes of a file's name that are kept when it is moved."""

Stamp = tuple[int, int, int]
"""Of a file: which it is, its size, when it was last written to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or a folder that was handed over, as one look found it."""

    path: Path
    stamp: Stamp
    bundle: bool


class Inbox:
    """Watches ``folder`` for an intake. One for a process."""

    def __init__(self, folder: Path, intake: RecordIntake, clock: Clock, zone: ZoneInfo) -> None:
        self._folder = folder
        self._intake = intake
        self._clock = clock
        self._zone = zone
        self._seen: dict[Path, Stamp] = {}
        self._stuck: dict[Path, Stamp] = {}
        """What was dealt with, or cannot be, and could not be moved away: left alone until it changes."""
        self._first: set[Path] | None = None
        """What the first look found, and is still to be taken."""
        self.caught_up = asyncio.Event()
        """Set once all that the first look found was taken, or is gone."""

    async def run(self) -> None:
        """Look until cancelled. JournalError where the journal takes nothing: what waits is taken later."""
        await asyncio.to_thread(self._prepare)
        while True:
            await self.look()
            await self._clock.sleep(LOOK_EVERY_S)

    async def look(self) -> int:
        """Take what has settled since the last look, oldest first; how many entries that were."""
        entries = await asyncio.to_thread(lambda: sorted(self._entries(), key=lambda each: each.stamp[2]))
        settled = [each for each in entries if each.bundle or self._seen.get(each.path) == each.stamp]
        self._seen = {each.path: each.stamp for each in entries}
        self._stuck = {path: stamp for path, stamp in self._stuck.items() if self._seen.get(path) == stamp}
        done: list[Entry] = []
        failure: JournalError | None = None
        for entry in settled:
            if entry.path in self._stuck:
                continue
            try:
                await self._take(entry)
                done.append(entry)
            except JournalError as error:  # the others have their turn; the caller tries again later
                failure = error
        if failure is not None:
            raise failure
        self._note_first({each.path for each in entries if each not in done and each.path not in self._stuck})
        return len(done)

    def _note_first(self, left: set[Path]) -> None:
        """``left``: what a look found and did not take."""
        self._first = left if self._first is None else self._first & left
        if not self._first:
            self.caught_up.set()

    def _prepare(self) -> None:
        for folder in (self._folder, self._folder / TAKEN, self._folder / REFUSED):
            folder.mkdir(parents=True, exist_ok=True)
        self._intake.attachments.tidy()

    def _entries(self) -> Iterator[Entry]:
        with os.scandir(self._folder) as found:
            for each in found:
                try:
                    about = each.stat(follow_symlinks=False)
                except OSError:
                    continue  # gone meanwhile
                path = Path(each.path)
                stamp = (about.st_ino, about.st_size, about.st_mtime_ns)
                if stat.S_ISREG(about.st_mode) and _is_for_us(each.name):
                    yield Entry(path, stamp, False)
                elif stat.S_ISDIR(about.st_mode) and is_bundle(path):
                    yield Entry(path, stamp, True)

    async def _take(self, entry: Entry) -> None:
        try:
            reports = await (self._take_bundle(entry.path) if entry.bundle else self._take_file(entry.path))
            rows: list[Any] = [report_row(report, self._zone) for report in reports]
            useless = all(report.useless for report in reports)
        except JournalError:
            raise
        except FileNotFoundError:
            return  # taken away again
        except Exception as error:  # noqa: BLE001  # whatever one file does, it must not be met again and again
            log.error("a file of records cannot be taken", file=str(entry.path), error=_said(error))
            rows, useless = [{"file": entry.path.name, "clean": False, "error": _said(error)}], True
        try:
            await asyncio.to_thread(self._move, entry, rows if entry.bundle else rows[0], useless)
        except OSError as error:
            self._stuck[entry.path] = entry.stamp
            log.error("a file of records cannot be moved away", file=str(entry.path), error=_said(error))

    async def _take_file(self, path: Path) -> list[Report]:
        return [await self._intake.take_file(path)]

    async def _take_bundle(self, folder: Path) -> list[Report]:
        manifest = await asyncio.to_thread(read_manifest, folder)
        return [await self._intake.take_file(folder / name, manifest.delivery) for name in manifest.files]

    def _move(self, entry: Entry, report: Any, useless: bool) -> None:
        """The report first: whoever waits for it needs nothing else."""
        folder = self._folder / (REFUSED if useless else TAKEN)
        name = f"{moment(self._clock.now()):%Y%m%dT%H%M%S.%fZ}-{_fitting(entry.path.name)}"
        draft = folder / f".{name}{REPORT}"
        draft.write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
        draft.rename(folder / f"{name}{REPORT}")
        entry.path.rename(folder / name)


def _is_for_us(name: str) -> bool:
    return not name.startswith((".", "~$")) and Path(name).suffix.lower() in SUFFIXES


def _fitting(name: str) -> str:
    """The end of a name, short enough to have a time before it."""
    while len(os.fsencode(name)) > NAME_AT_MOST:
        name = name[1:]
    return name


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

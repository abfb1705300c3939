"""A disk whose power can be cut: what was written to it is recorded and replayed up to any instant.

`Recorder` is a VFS of SQLite that notes every write, truncation, deletion and sync of the journal's files while
they happen. `Platter` is what a disk holds after some of that: what was synced for sure, and of the rest, sector
by sector, nothing, all, or a seeded choice of old and new.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import apsw

SECTOR = 512
FILES = ("", "-wal", "-journal")


class Kind(Enum):
    """What was done to a file."""

    WRITE = "write"
    TRUNCATE = "truncate"
    DELETE = "delete"
    SYNC = "sync"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to one of the journal's files. ``at``: the place of a write, the size that a truncation left,
    whether the folder was synced after a deletion."""

    kind: Kind
    file: str
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Recording:
    """Everything that was done, in order, and what had been promised by then: ``promises`` holds for each promise
    how many steps came before it."""

    path: Path
    before: dict[str, bytes]
    steps: list[Step] = field(default_factory=list)
    promises: list[tuple[int, tuple[str, int]]] = field(default_factory=list)

    def promise(self, what: str, value: int) -> None:
        """The journal has promised something just now."""
        self.promises.append((len(self.steps), (what, value)))

    def promised(self, cut: int) -> set[tuple[str, int]]:
        """All that was promised before the power was cut after so many steps."""
        return {promise for steps, promise in self.promises if steps <= cut}


class Recorder(apsw.VFS):
    """The default VFS while it is registered; writes through to the one that was."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        super().__init__("recorder", "unix", makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        """A file of the journal is watched, any other is as it was."""
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        suffix = self._suffix(path)
        return (
            apsw.VFSFile("unix", name, flags) if suffix is None else _Watched(self.recording, suffix, name, flags)
        )

    def xDelete(self, filename: str, syncdir: bool) -> None:
        """Deleted for sure if the folder is synced as well."""
        super().xDelete(filename, syncdir)
        suffix = self._suffix(filename)
        if suffix is not None:
            self.recording.steps.append(Step(Kind.DELETE, suffix, at=int(syncdir)))

    def _suffix(self, path: str | None) -> str | None:
        whole = str(self.recording.path)
        return next((suffix for suffix in FILES if path == whole + suffix), None)


class _Watched(apsw.VFSFile):
    def __init__(
        self, recording: Recording, suffix: str, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("unix", name, flags)
        self._recording = recording
        self._suffix = suffix

    def xWrite(self, data: bytes, offset: int) -> None:
        super().xWrite(data, offset)
        self._note(Kind.WRITE, offset, bytes(data))

    def xTruncate(self, newsize: int) -> None:
        super().xTruncate(newsize)
        self._note(Kind.TRUNCATE, newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self._note(Kind.SYNC)

    def _note(self, kind: Kind, at: int = 0, data: bytes = b"") -> None:
        self._recording.steps.append(Step(kind, self._suffix, at, data))


class Fate(Enum):
    """What becomes of what was not synced."""

    DROPPED = "dropped"
    KEPT = "kept"
    TORN = "torn"


class Platter:
    """What is on the disk, step by step."""

    def __init__(self, recording: Recording) -> None:
        self._steps = recording.steps
        self._sure = {suffix: bytearray(content) for suffix, content in recording.before.items()}
        self._pending: dict[str, list[Step]] = {suffix: [] for suffix in FILES}
        self._done = 0

    def spin(self, cut: int) -> None:
        """Let everything happen up to the cut; later cuts only."""
        for step in self._steps[self._done : cut]:
            if step.kind is Kind.SYNC:
                self._sure[step.file] = self._sure.get(step.file, bytearray())
                for pending in self._pending[step.file]:
                    _apply(self._sure, pending)
                self._pending[step.file] = []
            elif step.kind is Kind.DELETE and step.at:
                self._sure.pop(step.file, None)
                self._pending[step.file] = []
            else:
                self._pending[step.file].append(step)
        self._done = cut

    def after_power_cut(self, fate: Fate, rng: random.Random) -> dict[str, bytes]:
        """The files as they are found afterwards."""
        files = {suffix: bytearray(content) for suffix, content in self._sure.items()}
        for steps in self._pending.values():
            for step in steps if fate is not Fate.DROPPED else ():
                parts = [step] if fate is Fate.KEPT else _torn(step, rng)
                if step.kind is Kind.DELETE and not parts:
                    break  # the old file is still there; what came after it went to a new one of its name
                for part in parts:
                    _apply(files, part)
        return {suffix: bytes(content) for suffix, content in files.items()}


def _torn(step: Step, rng: random.Random) -> list[Step]:
    """The sectors of a write that reached the disk; anything else did so or did not."""
    if step.kind is not Kind.WRITE:
        return [step] if rng.random() < 0.5 else []
    parts = []
    start = step.at
    while start < step.at + len(step.data):
        end = min((start // SECTOR + 1) * SECTOR, step.at + len(step.data))
        if rng.random() < 0.5:
            parts.append(Step(Kind.WRITE, step.file, start, step.data[start - step.at : end - step.at]))
        start = end
    return parts


def _apply(files: dict[str, bytearray], step: Step) -> None:
    if step.kind is Kind.DELETE:
        files.pop(step.file, None)
        return
    content = files.setdefault(step.file, bytearray())
    if step.kind is Kind.TRUNCATE:
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    content.extend(bytes(max(0, step.at + len(step.data) - len(content))))
    content[step.at : step.at + len(step.data)] = step.data

"""A damaged file is set aside beside itself, under a name with the time; never deleted, never overwritten.

A note beside the journal says what is under way, so that a kill or a power cut at any instant is gone on from.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from agent.errors import JournalError
from evaluators.model.times import moment

T = TypeVar("T")

SUFFIXES = ("", "-wal", "-shm")
"""The files that belong together; the journal's own is moved first: without it no reader opens the others."""


@dataclass(frozen=True, slots=True)
class Note:
    """What is under way: the name of the damaged file, what was wrong, when (ns UTC) that was found, which of its
    files were there, and whether all of them are moved."""

    file: str
    problem: str
    at: int
    suffixes: tuple[str, ...]
    moved: bool = False


def note_path(path: Path) -> Path:
    """Where the note of a journal is."""
    return path.with_name(f"{path.name}.salvage")


def read_note(path: Path) -> Note | None:
    """What is under way; None where nothing is. A note that was cut was never acted on."""
    try:
        said = json.loads(note_path(path).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return Note(said["file"], said["problem"], said["at"], tuple(said["suffixes"]), said["moved"])


def set_aside(path: Path, problem: str, at: int) -> Note:
    """Move the journal's files aside; nobody in this process may have them open for writing."""
    found = tuple(suffix for suffix in SUFFIXES if _beside(path, suffix).exists())
    note = Note(_free_name(path, at), problem, at, found)
    return _guarded(path, lambda: _move(path, _written(path, note)))


def go_on(path: Path) -> Note | None:
    """Bring to an end what was under way: the note, with all files moved; None where nothing was."""
    note = read_note(path)
    if note is None or note.moved:
        return note
    return _guarded(path, lambda: _move(path, note))


def done(path: Path) -> None:
    """The new journal has taken over: the note can go."""
    _guarded(path, lambda: _forget(path))


def keep_log(path: Path, content: bytes, at: int) -> str:
    """Keep a copy of the write-ahead log beside the journal; its name."""
    name = f"{_free_name(path, at)}-wal"

    def write() -> None:
        with path.with_name(name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _sync(path.parent)

    _guarded(path, write)
    return name


def push_away(path: Path, at: int) -> None:
    """Give the files that stand there another name, without a note: nothing of them is wanted."""
    name = _free_name(path, at)
    _guarded(path, lambda: _rename(path, name, SUFFIXES))


def _move(path: Path, note: Note) -> Note:
    _rename(path, note.file, note.suffixes)
    return _written(path, replace(note, moved=True))


def _rename(path: Path, name: str, suffixes: Iterable[str]) -> None:
    for suffix in suffixes:
        source, target = _beside(path, suffix), path.with_name(name + suffix)
        if not target.exists() and source.exists():
            source.rename(target)
    _sync(path.parent)


def _forget(path: Path) -> None:
    note_path(path).unlink(missing_ok=True)
    _sync(path.parent)


def _written(path: Path, note: Note) -> Note:
    fresh = path.with_name(f"{path.name}.salvage-new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(asdict(note), file)
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(note_path(path))
    _sync(path.parent)
    return note


def _free_name(path: Path, at: int) -> str:
    stem = f"{path.name}.damaged-{moment(at):%Y%m%dT%H%M%SZ}"
    name, count = stem, 1
    while any(path.with_name(name + suffix).exists() for suffix in SUFFIXES):
        count += 1
        name = f"{stem}-{count}"
    return name


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _guarded(path: Path, work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as error:
        raise JournalError(
            f"{path}: is damaged and cannot be set aside ({error.strerror}); make its folder writable"
        ) from error

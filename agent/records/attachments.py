"""The files that come with records: kept once each beside the journal, named by the SHA-256 of their bytes."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from config.problems import Refused, shown
from evaluators.model.records import Attachment

SIZE_AT_MOST = 100 * 2**20
"""Bytes of one file."""
_CHUNK = 2**20


class Attachments:
    """The folder of kept files. What is there under a digest has that digest."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def beside(cls, journal: Path) -> Attachments:
        """Those of a journal."""
        return cls(journal.parent / "attachments")

    def path(self, sha256: str) -> Path:
        """Where the file with a digest is, if it is kept."""
        return self._folder / sha256

    def keep(self, name: str, base: Path) -> Attachment:
        """Copy the file ``name`` of the folder ``base`` in; it is on disk on return.

        `Refused` where there is no such file, it lies elsewhere, is no plain file or too large; OSError where it
        cannot be written.
        """
        source = within(name, base)
        self._folder.mkdir(parents=True, exist_ok=True)
        with _opened(source, name) as given:
            descriptor, path = tempfile.mkstemp(prefix=".", dir=self._folder)
            draft = Path(path)
            try:
                with os.fdopen(descriptor, "wb") as copy:
                    sha256 = _copied(given, copy.write, name)
                    copy.flush()
                    os.fsync(copy.fileno())
                self._settle(draft, sha256)
            finally:
                draft.unlink(missing_ok=True)
        return Attachment(PurePosixPath(name.replace("\\", "/")).name, sha256)

    def tidy(self) -> None:
        """Remove what an end in the midst of copying left behind; only for the one process that keeps files."""
        for draft in self._folder.glob(".*"):
            draft.unlink(missing_ok=True)

    def holds(self, sha256: str) -> bool:
        """Whether the file with a digest is kept and unchanged."""
        try:
            with self.path(sha256).open("rb") as kept:
                return hashlib.file_digest(kept, "sha256").hexdigest() == sha256
        except OSError:
            return False

    def _settle(self, draft: Path, sha256: str) -> None:
        """Give the copy its name, unless a sound one is there; a damaged one is replaced."""
        if self.holds(sha256):
            return
        with draft.open("rb") as copy:
            if hashlib.file_digest(copy, "sha256").hexdigest() != sha256:
                raise OSError(f"{draft}: what was written reads back as something else")
        draft.chmod(0o640)
        draft.replace(self.path(sha256))
        directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


@contextlib.contextmanager
def _opened(path: Path, name: str) -> Iterator[int]:
    """The descriptor of a plain file that is not too large."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Refused(f"{shown(name)} cannot be read ({error.strerror})", "let the agent's user read it") from None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Refused(f"{shown(name)} is no plain file", "name a file")
        yield descriptor
    finally:
        os.close(descriptor)


def _copied(given: int, write: Callable[[bytes], object], name: str) -> str:
    """Copy a descriptor's bytes; their SHA-256. `Refused` where there are too many."""
    found = hashlib.sha256()
    size = 0
    while chunk := os.read(given, _CHUNK):
        size += len(chunk)
        if size > SIZE_AT_MOST:
            raise Refused(f"{shown(name)} is larger than {SIZE_AT_MOST // 2**20} MB", "make it smaller")
        found.update(chunk)
        write(chunk)
    return found.hexdigest()


def within(name: str, base: Path) -> Path:
    """The path of a file below ``base``, whatever links say."""
    relative = PurePosixPath(name.replace("\\", "/"))
    if relative.is_absolute() or ".." in relative.parts:
        raise Refused(f"{shown(name)} lies outside of this file's folder", "put it beside this one")
    try:
        path = (base / relative).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise Refused(f"there is no file {shown(name)}", "put it beside this one, and hand both in") from None
    if not path.is_relative_to(base.resolve()):
        raise Refused(f"{shown(name)} lies outside of this file's folder", "put it beside this one")
    return path

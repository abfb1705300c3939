"""One writing process a journal: a lock beside the file that the kernel drops with the process, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import BinaryIO

from agent.errors import JournalLocked


class WriterLock:
    """Held from `take` to `release`. The lock file stays: removing it would let two processes lock two files."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @classmethod
    def take(cls, journal: Path) -> WriterLock:
        """Lock ``<journal>.lock``; JournalLocked while another holds it, in this process or another."""
        path = journal.with_name(journal.name + ".lock")
        file = path.open("ab+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read(20).decode("ascii", "replace").strip() or "unknown"
            file.close()
            raise JournalLocked(
                f"{journal}: process {holder} writes to this journal; stop it first, or name another journal"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        return cls(file)

    def release(self) -> None:
        """Let another process write."""
        self._file.close()

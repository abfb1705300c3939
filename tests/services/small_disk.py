"""A real file system of a few megabytes, mounted for one test."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.missing import missing

SIZE = 12 * 10**6


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """``folder`` is where it is mounted."""

    folder: Path

    @property
    def filler(self) -> Path:
        """A file that takes room from the others."""
        return self.folder / "filler"

    def fill(self, left: int = 0) -> None:
        """Let somebody else take all but so many bytes."""
        with self.filler.open("ab", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - left))

    def empty(self) -> None:
        """Let them give it back."""
        self.filler.unlink()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Mounted, and unmounted again whatever happens."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    except FileNotFoundError:
        missing("a small file system needs the command mount")
    if done.returncode:
        missing(f"a small file system cannot be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)

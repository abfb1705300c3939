"""Room on the disk: nothing is begun without some left, and a ballast is kept to be let go when it runs out."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MB = 10**6


@dataclass(frozen=True, slots=True)
class Reserve:
    """How much room is kept. With less than ``free_bytes`` nothing is taken any more; a file of ``ballast_bytes``
    beside the journal is deleted then, so that there is room to write down what happens."""

    ballast_bytes: int
    free_bytes: int

    @classmethod
    def of_mb(cls, ballast: float, free: float) -> Reserve:
        """From megabytes (10⁶ bytes)."""
        return cls(round(ballast * MB), round(free * MB))


class Room:
    """What is known of the disk; nothing is limited without a `Reserve`. For the writer's thread.

    Room is what the disk has free, and what is free within the journal's file. The write-ahead log needs some of
    the disk's own: an eighth of the reserve.
    """

    def __init__(self, path: Path, reserve: Reserve | None) -> None:
        self._ballast = path.with_name(f"{path.name}.ballast")
        self._reserve = reserve
        self.is_full = False

    def look(self, spare: Callable[[], int]) -> bool:
        """Whether the disk is full now; the ballast is let go when that begins, and brought back as soon as there
        is room for it. ``spare``: gives the bytes free within the file.

        It ends when there is a quarter more than where it begins, and twice as much of the disk's own.
        """
        if self._reserve is None:
            return False
        needed, free = self._reserve.free_bytes, self.free()
        if not self.is_full:
            if self.is_short(spare):
                self.fill()
            elif free >= needed + self._reserve.ballast_bytes:
                self._bring_back()
        elif free >= needed // 4 and free + spare() >= needed * 5 // 4 + self._reserve.ballast_bytes:
            self.is_full = False
            if free >= needed // 4 + self._reserve.ballast_bytes:
                self._bring_back()
        return self.is_full

    def is_short(self, spare: Callable[[], int]) -> bool:
        """Whether there is less room than must be."""
        needed, free = 0 if self._reserve is None else self._reserve.free_bytes, self.free()
        return free < needed and (free < needed // 8 or free + spare() < needed)

    def fill(self) -> bool:
        """The disk is full: let the ballast go. False where nothing is limited."""
        if self._reserve is None:
            return False
        self.is_full = True
        with suppress(OSError):
            self._ballast.unlink(missing_ok=True)
        return True

    def free(self) -> int:
        """Bytes of the disk that this user can still write."""
        disk = os.statvfs(self._ballast.parent)
        return disk.f_bavail * disk.f_frsize

    def _bring_back(self) -> None:
        assert self._reserve is not None
        if not self._reserve.ballast_bytes or self._ballast.exists():
            return
        try:
            with self._ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._reserve.ballast_bytes)
                os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                self._ballast.unlink(missing_ok=True)

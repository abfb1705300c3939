"""When to read a device next: a steady beat while it answers, jittered back-off while it does not."""

from __future__ import annotations

import random
from dataclasses import dataclass
from zlib import crc32


@dataclass(slots=True)
class Pace:
    """The beat of one device on the monotonic clock, seconds.

    Devices of one period are spread over it by a phase made from their id, so that they do not all wake at
    once. A beat that could not be kept is skipped, never made up for.
    """

    period_s: float
    _due: float

    @classmethod
    def start(cls, device: str, period_s: float, now: float) -> Pace:
        """A beat whose first poll comes within the first second (or period, where that is shorter)."""
        phase = crc32(device.encode()) / 2**32
        return cls(period_s, now + phase * min(period_s, 1.0))

    def wait_s(self, now: float) -> float:
        """Seconds until the next poll is due; 0 when it is."""
        return max(0.0, self._due - now)

    def done(self, now: float) -> None:
        """A poll was made: set the next one on the beat, after ``now``."""
        missed = max(0, int((now - self._due) // self.period_s))
        self._due += (missed + 1) * self.period_s
        if self._due <= now:  # the division was rounded down
            self._due += self.period_s


@dataclass(slots=True)
class Backoff:
    """Growing, jittered waits after failures: between half and all of ``first_s * 2**n``, at most ``most_s``."""

    first_s: float = 1.0
    most_s: float = 60.0
    _failures: int = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(self.most_s, self.first_s * 2.0 ** min(self._failures, 32))
        self._failures += 1
        return whole * random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked again."""
        self._failures = 0

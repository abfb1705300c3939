"""Sequence numbers: how many messages never came."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Sequence:
    """The sequence of one device, which grows by one with each message."""

    _last: int | None = None

    def observe(self, number: int) -> int:
        """How many messages were lost between the one before and this one.

        A number that is not larger is a device that started anew, or a message delivered again: no loss.
        """
        last, self._last = self._last, number
        if last is None or number <= last:
            return 0
        return number - last - 1

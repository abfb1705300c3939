"""How a salvage went."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Taken:
    """What was taken over, and what could not be: rows that are known to be lost, and stretches of which nobody
    knows how many rows they had."""

    rows: int = 0
    blocks: int = 0
    lost: int = 0
    holes: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not self.lost and not self.holes

    def add(self, part: Taken) -> None:
        """Count a part in."""
        self.rows += part.rows
        self.blocks += part.blocks
        self.lost += part.lost
        self.holes += part.holes

"""The way in: what the agent adds to samples before they are journaled."""

from __future__ import annotations

from connectors.protocol import Sink
from evaluators.model.samples import Block, Quality, Reason


class Intake:
    """A `Sink` in front of the journal.

    Until someone has proved on site that a point is what the site file says, its good samples are taken as
    ``uncertain: not_commissioned``. ``uncommissioned`` holds the numbers of such points; whoever proves one takes
    it out.
    """

    def __init__(self, journal: Sink, uncommissioned: frozenset[int]) -> None:
        self._journal = journal
        self.uncommissioned = uncommissioned

    async def put(self, block: Block) -> None:
        """Return once the block is on disk."""
        if self.uncommissioned:
            for part in block.columns:
                for row, point in enumerate(part.points):
                    if point in self.uncommissioned and part.qualities[row] == Quality.GOOD:
                        part.qualities[row] = Quality.UNCERTAIN
                        part.reasons[row] = Reason.NOT_COMMISSIONED
        await self._journal.put(block)

"""The way in: what the agent adds to samples before they are journaled."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from connectors.protocol import Poison, QuarantiningSink
from evaluators.model.samples import MOST_EARLY_NS, Block, Columns, Quality, Reason


class Intake:
    """A `Sink` in front of the journal: it makes samples uncertain that cannot be trusted as they are.

    Until someone has proved on site that a point is what the site file says, its good samples are
    ``not_commissioned``. ``uncommissioned`` holds the numbers of such points; whoever proves one takes it out.

    ``mark`` says what is wrong with the machine's time now. Where something is, samples that may bear it are
    marked so: all but those whose source time lies after their receipt, which only a device can have given. Where
    nothing is, those whose source time lies too far after their receipt are ``early``.
    """

    def __init__(
        self, journal: QuarantiningSink, uncommissioned: frozenset[int], mark: Callable[[], Reason]
    ) -> None:
        self._journal = journal
        self._mark = mark
        self.uncommissioned = uncommissioned

    async def put(self, block: Block) -> None:
        """Return once the block is on disk."""
        mark = self._mark()
        for part in block.columns:
            if self.uncommissioned:
                self._mark_uncommissioned(part)
            if mark is not Reason.NONE:
                _mark_rows(part, mark, lambda time: time <= block.received)
            elif max(part.times, default=0) > block.received + MOST_EARLY_NS:
                _mark_rows(part, Reason.EARLY, lambda time: time > block.received + MOST_EARLY_NS)
        await self._journal.put(block)

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """Return once these messages are on disk."""
        await self._journal.quarantine(poison)

    def _mark_uncommissioned(self, part: Columns) -> None:
        for row, point in enumerate(part.points):
            if point in self.uncommissioned and part.qualities[row] == Quality.GOOD:
                part.qualities[row] = Quality.UNCERTAIN
                part.reasons[row] = Reason.NOT_COMMISSIONED


def _mark_rows(part: Columns, reason: Reason, is_meant: Callable[[int], bool]) -> None:
    """Rows with a value are uncertain for this reason, whatever else was wrong with them."""
    for row, time in enumerate(part.times):
        if is_meant(time) and part.qualities[row] < Quality.BAD:
            part.qualities[row] = Quality.UNCERTAIN
            part.reasons[row] = reason

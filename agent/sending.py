"""Sending lines to InfluxDB until each is stored, or is known to be refused for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agent.answers import Answer, Meaning
from agent.batches import BATCH_ROWS, Lines, Piece
from agent.journal.journal import DeadLetter
from connectors.pacing import Backoff
from connectors.protocol import Clock

DECIDED = (Meaning.STORED, Meaning.TOO_LARGE, Meaning.POISONED)

Post = Callable[[Piece], Awaitable[Answer]]
"""Sends one request."""
Turn = Callable[[], Awaitable[None]]
"""What is done between two requests."""


async def nothing() -> None:
    """Between requests nothing is done."""


class Sender:
    """``post`` sends a request; ``answered`` is told of every answer."""

    def __init__(self, post: Post, answered: Callable[[Answer], None], clock: Clock) -> None:
        self._post = post
        self._answered = answered
        self._clock = clock
        self._soon = Backoff(first_s=1.0, most_s=60.0)
        self._slowly = Backoff(first_s=30.0, most_s=60.0)

    async def all_of(self, piece: Piece, between: Turn = nothing) -> list[DeadLetter]:
        """Return once every line is stored or is among the letters returned. ``between``: what has a turn before
        each further request, where it takes several."""
        dead: list[DeadLetter] = []
        waiting = _parts(piece, BATCH_ROWS)
        while waiting:
            part = waiting.pop()
            answer = await self._until_decided(part)
            if answer.meaning is not Meaning.STORED:
                if len(part) == 1 or (answer.meaning is Meaning.POISONED and answer.dropped == len(part)):
                    dead += [DeadLetter(row.point, row.time, row.text, answer.detail) for row in part.lines()]
                else:
                    waiting += _parts(part, (len(part) + 1) // 2)
            if waiting:
                await between()
        return dead

    async def _until_decided(self, piece: Piece) -> Answer:
        """Try until these lines are stored, too many for one request, or refused."""
        while True:
            answer = await self._post(piece)
            self._answered(answer)
            if answer.meaning in DECIDED:
                self._soon.reset()
                self._slowly.reset()
                return answer
            await self._clock.sleep(self._wait_s(answer))

    def _wait_s(self, answer: Answer) -> float:
        if answer.retry_after_s is not None:
            return answer.retry_after_s
        return (self._slowly if answer.meaning is Meaning.REFUSED else self._soon).next_s()


def _parts(piece: Piece, most: int) -> list[Piece]:
    """The piece in parts of at most so many lines, the last one first."""
    if not len(piece):
        return []
    if len(piece) <= most:
        return [piece]
    rows = piece.lines()
    return [Lines(rows[start : start + most]) for start in reversed(range(0, len(rows), most))]

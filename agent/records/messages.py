"""Records that come as samples of text points: a reader of the journal with its own cursor.

The message is on disk, and acknowledged, before it is looked at here. Taking one again changes nothing, so the
cursor may lag behind: each record still counts once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping

from agent.history.history import History
from agent.journal.journal import Journal
from agent.records.draft import Reading
from agent.records.intake import PLAIN, RecordIntake
from agent.records.payload import read_payload
from evaluators.model.samples import Block, Sample, ValueKind
from evaluators.model.times import moment

CURSOR = "records"
READ_BLOCKS = 200
NOTE_EVERY = 1000
"""Blocks without records after which the cursor is noted all the same."""


class Messages:
    """Takes the samples of some text points as records. ``points`` holds their keys, by number."""

    def __init__(self, intake: RecordIntake, journal: Journal, points: Mapping[int, str]) -> None:
        self._intake = intake
        self._journal = journal
        self._points = points
        self._position = self._noted = 0

    async def run(self) -> None:
        """Follow the journal until cancelled."""
        history = await asyncio.to_thread(History.open, self._journal.path)
        try:
            self._position = self._noted = (await asyncio.to_thread(history.cursors)).get(CURSOR, 0)
            while True:
                await self.catch_up(history)
                await self._journal.grown(self._position)
        finally:
            await asyncio.to_thread(history.close)

    async def catch_up(self, history: History) -> None:
        """Take everything journaled so far."""
        while batch := await asyncio.to_thread(history.blocks, self._position, READ_BLOCKS):
            found = False
            for _, block in batch:
                for sample in self._samples(block):
                    await self._take(sample)
                    found = True
            self._position = batch[-1][0]
            if found or self._position - self._noted >= NOTE_EVERY:
                await self._journal.set_cursor(CURSOR, self._position)
                self._noted = self._position

    def _samples(self, block: Block) -> Iterator[Sample]:
        if any(part.kind is ValueKind.TEXT and not self._points.keys().isdisjoint(part.points)
               for part in block.columns):  # fmt: skip
            for sample in block.samples():
                if sample.point in self._points and isinstance(sample.value, str):
                    yield sample

    async def _take(self, sample: Sample) -> None:
        """One message. It was had when its block was: that is when its records were received."""
        text, name = str(sample.value), self._points[sample.point]
        place = f"message of {moment(sample.time).isoformat()}"

        def work() -> Reading:
            reading = read_payload(name, text, self._intake.known, PLAIN, f"{place}, ")
            return self._intake.with_files(name, reading, None)

        reading = await asyncio.to_thread(work)
        sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        await self._intake.take_reading(name, sha256, reading, sample.received, place)

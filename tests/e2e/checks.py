"""Reading a tower's journal and truth, and holding one against the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from agent.assessor import Assessor
from agent.history.history import History
from config.site import load_site
from evaluators.availability import account
from evaluators.model.episodes import Episode, State
from evaluators.model.samples import Block, Value
from evaluators.model.times import Window, WindowKind
from tests.e2e.site import Tower
from tests.services.influxdb import InfluxServer


def wait_for(condition: Callable[[], object], timeout_s: float) -> None:
    """Return as soon as ``condition()`` is true; AssertionError when it is not within ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.1)


@dataclass(frozen=True)
class Row:
    """One journaled sample; ``point`` is device/point, ``time`` ns UTC."""

    point: str
    time: int
    value: Value | None
    quality: int

    @property
    def device(self) -> str:
        """The device's id."""
        return self.point.partition("/")[0]

    @property
    def point_id(self) -> str:
        """The point's id within its device."""
        return self.point.partition("/")[2]


def journaled(tower: Tower) -> list[Row]:
    """Every sample in the journal, in the order of arrival."""
    with History.open(tower.folder / "journal.db") as history:
        keys = {number: key for key, (number, _) in history.points().items()}
        blocks = list(every_block(history))
    return [Row(keys[s.point], s.time, s.value, int(s.quality)) for block in blocks for s in block.samples()]


def in_influxdb(bucket: InfluxServer, tower: Tower) -> bool:
    """Whether InfluxDB holds exactly the journal's samples; says the difference if not."""
    rows = {(row.device, row.point_id, row.time, row.value, row.quality) for row in journaled(tower)}
    stored = bucket.samples()
    assert stored == rows, (len(stored - rows), len(rows - stored), sorted(map(str, stored ^ rows))[:5])
    return True


def every_block(history: History) -> Iterator[Block]:
    """All blocks from the beginning."""
    cursor = 0
    while batch := history.blocks(cursor, 1000):
        for position, block in batch:
            yield block
            cursor = position


def episodes(tower: Tower, start: int, end: int) -> dict[str, tuple[Episode, ...]]:
    """Every item's states as recomputed from the journal."""
    loaded = load_site(tower.site_file)
    with History.open(loaded.journal_path) as history:
        numbers = history.numbers_of([(point.key, point.kind) for point in loaded.site.points])
        assessor = Assessor(loaded.site, numbers, loaded.clauses, history)
        assessor.catch_up()
        return dict(assessor.episodes(start, end))


def true_episodes(tower: Tower, item: str, start: int, end: int) -> list[Episode]:
    """What an item really was over ``[start, end)``, by the truth file."""
    changes = [(line["t"], State(line["state"])) for line in tower.truth() if line.get("item") == item]
    changes.append((end, changes[-1][1]))
    clipped = [(max(start, min(t, end)), state) for t, state in changes]
    return [Episode(item, a, b, state) for (a, state), (b, _) in pairwise(clipped) if a < b]


def broken_spans(tower: Tower, device: str, end: int) -> list[tuple[int, int]]:
    """When a device's wire was broken, by the truth file; open spans run to ``end``."""
    spans: list[tuple[int, int]] = []
    begun: int | None = None
    for line in tower.truth():
        if line.get("wire") != device:
            continue
        if line["state"] == "broken" and begun is None:
            begun = line["t"]
        elif line["state"] == "whole" and begun is not None:
            spans.append((begun, line["t"]))
            begun = None
    return spans if begun is None else [*spans, (begun, end)]


def edges(track: list[Episode] | tuple[Episode, ...]) -> list[tuple[State, int]]:
    """Every change of state after the first episode: the new state and when."""
    return [(episode.state, episode.start) for episode in track[1:]]


def interval(track: list[Episode] | tuple[Episode, ...], start: int, end: int) -> tuple[Fraction, Fraction]:
    """Availability over a window."""
    found = account(track, Window(WindowKind.SPAN, start, end)).interval
    assert found is not None
    return found

"""What the proof with kills holds the agent against: all that was ever journaled, what the broker passed on, what
the simulators served, and an InfluxDB that comes and goes."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.forwarder import CURSOR
from agent.history.history import History
from config.site import LoadedSite
from evaluators.model.samples import Quality, Value
from evaluators.model.times import SECOND_NS
from simulators.building.building import Building
from simulators.building.items import ITEMS
from simulators.scenario import load
from simulators.serve import TICK_S
from tests.e2e.checks import Row
from tests.services.influxdb import OwnServer


@dataclass
class Ledger:
    """Everything that was ever journaled, block by block. To be read before what came since can be let go: then no
    number is missing."""

    path: Path
    ever: dict[int, list[Row]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def read(self) -> None:
        """Note what came; nothing may have gone that InfluxDB had not acknowledged."""
        if not self.path.exists():
            return
        with History.open(self.path) as history:
            keys = {number: key for number, (key, _) in history.keys().items()}
            left = dict(history.blocks(0, 10**9))
            acknowledged = history.cursors().get(CURSOR, 0)
            pruned = history.pruned()
        for seq, block in left.items():
            if seq not in self.ever:
                self.ever[seq] = [Row(keys[s.point], s.time, s.value, int(s.quality)) for s in block.samples()]
        assert sorted(self.ever) == list(range(1, len(self.ever) + 1)), "a block was never seen"
        self.gone = self.ever.keys() - left.keys()
        assert max(self.gone, default=0) <= acknowledged
        assert pruned.blocks == len(self.gone)
        assert pruned.rows == sum(len(self.ever[seq]) for seq in self.gone)

    def rows(self) -> Iterator[Row]:
        """Every sample, in the order of arrival."""
        for _, rows in sorted(self.ever.items()):
            yield from rows

    def times(self) -> set[tuple[str, int]]:
        """(device, source time) of every sample."""
        return {(row.device, row.time) for row in self.rows()}


LONG_EVERY = 12


@contextmanager
def flapping(server: OwnServer, seed: int, long_s: float) -> Iterator[list[str]]:
    """InfluxDB comes and goes: it stands still, with its sockets open, or is stopped and started; the first time
    and every twelfth for ``long_s``. At the end it runs. Yields what was done."""
    moments, over, done = random.Random(seed), threading.Event(), list[str]()

    def flap() -> None:
        while not over.wait(moments.uniform(1.0, 5.0)):
            for_s = moments.uniform(0.3, 3.0) if len(done) % LONG_EVERY else long_s
            if moments.random() < 0.3:
                done.append("stopped")
                server.stop()
                over.wait(for_s)
                server.start()
            else:
                done.append("paused")
                server.pause()
                over.wait(for_s)
                server.resume()

    thread = threading.Thread(target=flap)
    thread.start()
    try:
        yield done
    finally:
        over.set()
        thread.join()


def write_outages(path: Path, seed: int, seconds: int) -> None:
    """A scenario in which items of every device go down and come back, over and over."""
    dice = random.Random(seed)
    lines = ['about = "Faults without end, for the proof with kills."']
    for item, known in ITEMS.items():
        at_s = dice.uniform(1, 20)
        while at_s < seconds:
            for_s = dice.uniform(2, 15)
            fault = dice.choice(known.faults)
            lines += ["[[building]]", f'item = "{item}"', f'fault = "{fault}"', f"at_s = {at_s:.3f}"]
            lines += [f"for_s = {for_s:.3f}"]
            at_s += for_s + dice.uniform(2, 40)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


class Served:
    """What the simulators served: every value is a function of seed, scenario and the beat it was served at."""

    LATE_S = 2.5
    """By how much a beat may have come late, or an answer have taken."""

    def __init__(self, site: LoadedSite, scenario: Path, seed: int, begun: int, until: int) -> None:
        outages = load(str(scenario)).outages
        building = Building(seed, outages)
        self._begun = begun
        seconds = (until - begun) / SECOND_NS
        beats = {TICK_S * n for n in range(int(seconds / TICK_S) + 2)}
        edges = {at for outage in outages for at in (outage.start_s, outage.end_s) if at <= seconds}
        self._steps = {
            f"{device}/{point}": getattr(settings, "scale", 0.01) * 1.001
            for connection in site.connections
            for device, loaded in connection.devices.items()
            for point, settings in loaded.points.items()
        }
        """How finely each point's register, or its message, tells values apart."""
        self._served = [(at, building.readings(at)) for at in sorted(beats | edges)]

    def strangers(self, rows: Iterable[Row]) -> list[Row]:
        """Good samples that say what no simulator had said by then, or not so lately."""
        found, first = [], 0
        for row in sorted(rows, key=lambda row: row.time):
            if row.quality != Quality.GOOD:
                continue
            at_s = (row.time - self._begun) / SECOND_NS
            while self._served[first][0] < at_s - TICK_S - self.LATE_S:
                first += 1
            if not self._was_served(row, first, at_s):
                found.append(row)
        return found

    def _was_served(self, row: Row, first: int, at_s: float) -> bool:
        for served_s, readings in self._served[first:]:
            if served_s > at_s + 0.1:
                return False
            served = readings[row.device][row.point_id]
            if served == row.value or self._rounded(row.point, served, row.value):
                return True
        return False

    def _rounded(self, point: str, served: Value, read: Value | None) -> bool:
        """Whether a float can have been read so."""
        if not (isinstance(served, float) and isinstance(read, float)):
            return False
        return abs(served - read) <= max(self._steps[point] / 2, 1e-6 * abs(served))

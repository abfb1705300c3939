"""What it costs to bring samples from journal columns to InfluxDB's acknowledgement, and how fast a backlog goes.

In turn, in one run, batches of 5,000: ours, from columns to acknowledged; influxdb-client's Points and its ready
lines; and the floor, ready bytes through urllib3 with gzip level 1. The other side is another process that reads
every request and answers 204. CPU is this process's, all threads. Then a backlog of 10,000 points a second is
caught up with while as many come in; with the four variables below, on a real server as well.

Run: python -m benchmarks.influxdb, or with STEWARD_BENCH_INFLUX_URL, _ORG, _BUCKET and _TOKEN.
"""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import os
import random
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import urllib3
from influxdb_client import InfluxDBClient, Point, WritePrecision
from influxdb_client.client.write_api import SYNCHRONOUS

from agent.batches import BATCH_ROWS, Batch, BatchReader
from agent.clock import SystemClock
from agent.forwarder import Forwarder
from agent.history.history import History
from agent.influxdb import InfluxWriter
from agent.journal.journal import Journal
from agent.lineprotocol import PointTags, Prefixes, lines
from config.influxdb import InfluxSettings
from evaluators.model.samples import Block, BlockBuilder, ValueKind
from evaluators.model.times import SECOND_NS

A_DEVICE = 50
POINTS = 10_000
OURS = "ours, from columns"
ROUNDS = 41
BACKLOG_S = 120


def say(text: str) -> None:
    """A line of the result."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def answer_204(connection: socket.socket) -> None:
    """Read each request, answer 204."""
    with connection, connection.makefile("rb") as stream:
        while stream.readline():
            length = 0
            while (head := stream.readline().lower()) not in (b"\r\n", b""):
                if head.startswith(b"content-length:"):
                    length = int(head.split(b":")[1])
            stream.read(length)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def serve(listener: socket.socket) -> None:
    """A thread for each connection."""
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer_204, args=(connection,), daemon=True).start()


@contextmanager
def minimal_server() -> Iterator[str]:
    """The URL of a server that says 204 to everything, in another process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
        process.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.join()


def settings(url: str) -> InfluxSettings:
    """How to reach it."""
    return InfluxSettings.model_validate({"url": url, "org": "o", "bucket": "b", "token": "t"})


def real_server() -> InfluxSettings | None:
    """The one that the environment names."""
    found = {
        key: os.environ.get(f"STEWARD_BENCH_INFLUX_{key.upper()}") for key in ("url", "org", "bucket", "token")
    }
    return InfluxSettings.model_validate(found) if found["url"] else None


def tags() -> dict[int, PointTags]:
    """How the points are called."""
    return {
        n + 1: PointTags("tower", "hvac", f"ahu-{n // A_DEVICE}", f"point-{n % A_DEVICE}") for n in range(POINTS)
    }


def second(at: int, dice: random.Random) -> Iterator[Block]:
    """What all devices say at a time, three quarters floats."""
    builder = BlockBuilder("line")
    for device in range(POINTS // A_DEVICE):
        first = 1 + device * A_DEVICE
        kind = ValueKind.INT if device % 4 == 0 else ValueKind.FLOAT
        values = [dice.randrange(1000) if device % 4 == 0 else round(dice.uniform(0, 90), 2) for _ in range(50)]
        builder.extend(range(first, first + A_DEVICE), kind, at + device, values)
        yield builder.build(at)


def opened(path: Path) -> Journal:
    """A new journal that knows the points."""
    journal = Journal.open(path, SystemClock())
    journal.register(
        (f"d{n // A_DEVICE}/{n}", ValueKind.INT if n // A_DEVICE % 4 == 0 else ValueKind.FLOAT)
        for n in range(POINTS)
    )
    return journal


class Ways:
    """The four ways of one batch."""

    def __init__(self, url: str, history: History) -> None:
        self._url = f"{url}/api/v2/write?org=o&bucket=b&precision=ns"
        self._reader = BatchReader(history, tags())
        self._writer = InfluxWriter(settings(url), time.time_ns)
        self._client = InfluxDBClient(url, "t", org="o", enable_gzip=True)
        self._api = self._client.write_api(write_options=SYNCHRONOUS)
        self._pool = urllib3.PoolManager()
        self._batch = self._reader.after(0)
        assert len(self._batch) == BATCH_ROWS
        self._lines = [row.text for row in self._batch.lines()]
        self._body = self._batch.body()
        names = tags()
        self._prefixes = Prefixes(names)
        self._blocks = [block for _, block in history.blocks(0, 100)]
        self._samples = [(names[s.point], s.time, s.value) for block in self._blocks for s in block.samples()]

    def all(self) -> dict[str, Callable[[], object]]:
        """Each by its name."""
        return {
            "urllib3, ready bytes, gzip 1": self.floor,
            OURS: self.ours,
            "ours, read from the journal's file": self.ours_read,
            "influxdb-client, ready lines": self.ready_lines,
            "influxdb-client, Points": self.points,
        }

    def ours(self) -> None:
        """Columns to lines, gzip, acknowledged."""
        texts = [line for block in self._blocks for line in lines(block, self._prefixes)]
        self._sent(Batch(0, self._blocks, texts, {}, full=True))

    def ours_read(self) -> None:
        """The same with reading and decoding the blocks, as the forwarder does."""
        self._sent(self._reader.after(0))

    def _sent(self, batch: Batch) -> None:
        answer = self._writer.write(batch.body())
        assert answer.meaning == "stored", answer

    def floor(self) -> None:
        """Nothing but sending."""
        headers = {"Authorization": "Token t", "Content-Encoding": "gzip", "Content-Type": "text/plain"}
        answer = self._pool.request("POST", self._url, body=gzip.compress(self._body, 1), headers=headers)
        assert answer.status == 204

    def ready_lines(self) -> None:
        """Lines that somebody else made."""
        self._api.write("b", "o", self._lines, write_precision=WritePrecision.NS)

    def points(self) -> None:
        """A Point for each sample."""
        made = [
            Point("telemetry")
            .tag("device", of.device)
            .tag("point", of.point)
            .tag("site", of.site)
            .tag("system", of.system)
            .field("float", value)
            .field("quality", 0)
            .time(at, WritePrecision.NS)
            for of, at, value in self._samples
        ]
        self._api.write("b", "o", made)

    def close(self) -> None:
        """Close the connections."""
        self._writer.close()
        self._api.close()
        self._client.close()
        self._pool.clear()


async def costs(folder: Path) -> None:
    """CPU and speed of each way, in turn."""
    journal = opened(folder / "costs.db")
    blocks = list(second(time.time_ns(), random.Random(1)))[: BATCH_ROWS // A_DEVICE]
    for block in blocks:
        await journal.put(block)
    cpu: dict[str, list[float]] = {}
    wall: dict[str, list[float]] = {}
    with History.open(journal.path) as history, minimal_server() as url:
        ways = Ways(url, history)
        for _ in range(ROUNDS):
            for name, work in ways.all().items():
                at, used = time.perf_counter(), time.process_time()
                work()
                cpu.setdefault(name, []).append((time.process_time() - used) / BATCH_ROWS * 1e6)
                wall.setdefault(name, []).append((time.perf_counter() - at) / BATCH_ROWS * 1e6)
        ways.close()
    await journal.close()
    ours = statistics.median(cpu[OURS])
    for name, each in cpu.items():
        median, speed = statistics.median(each), 1e6 / statistics.median(wall[name])
        say(f"{name:36} {median:6.2f} µs CPU a point ({median / ours:5.2f}× ours), {speed:9.0f} points/s")


async def catching_up(folder: Path, to: InfluxSettings) -> None:
    """A backlog, and as many points a second coming in meanwhile."""
    journal, dice = opened(folder / "backlog.db"), random.Random(2)
    now = time.time_ns()
    for n in range(BACKLOG_S):
        await asyncio.gather(*(journal.put(block) for block in second(now - (BACKLOG_S - n) * SECOND_NS, dice)))
    forwarder = Forwarder(journal, journal.path, to, tags(), SystemClock())
    task = asyncio.create_task(forwarder.run())
    begun, used, came = time.perf_counter(), time.process_time(), 0
    while came == 0 or forwarder.health.blocks > 2 * POINTS // A_DEVICE:
        await asyncio.gather(*(journal.put(block) for block in second(time.time_ns(), dice)))
        came += 1
        await asyncio.sleep(max(0.0, begun + came - time.perf_counter()))
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await journal.close()
    say(
        f"catching up with {BACKLOG_S} s of {POINTS} points/s while as many come in: {seconds:.1f} s, "
        f"{(BACKLOG_S + came) / seconds:.1f}× real time, {cpu / seconds * 100:.0f} % of a core with the journaling"
    )


async def main() -> None:
    """Print the figures."""
    with TemporaryDirectory() as folder:
        await costs(Path(folder))
        with minimal_server() as url:
            say("the small server:")
            await catching_up(Path(folder), settings(url))
        if real := real_server():
            say(f"{real.url}:")
            await catching_up(Path(folder) / "real", real)


if __name__ == "__main__":
    asyncio.run(main())

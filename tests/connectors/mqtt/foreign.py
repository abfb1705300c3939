"""mosquitto's own clients, as the software of somebody else."""

from __future__ import annotations

import asyncio
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.services.missing import missing
from tests.services.mosquitto import Mosquitto


def client(name: str) -> str:
    """The path of ``mosquitto_pub`` or ``mosquitto_sub``; the test fails or is skipped where there is none."""
    found = shutil.which(name)
    if found is None:
        missing(f"{name} is not installed: apt-get install mosquitto-clients")
    return found


async def mosquitto_pub(
    broker: Mosquitto, topic: str, message: str | None, *options: str, stdin: bytes = b"", qos: int = 1
) -> None:
    """Publish and return once the broker has it. ``message`` None: as the options say."""
    said = [] if message is None else ["-m", message]
    where = ["-h", broker.host, "-p", str(broker.port), "-t", topic, "-q", str(qos)]
    process = await asyncio.create_subprocess_exec(
        client("mosquitto_pub"), *where, *said, *options, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )
    out, err = await asyncio.wait_for(process.communicate(stdin), 20)
    assert process.returncode == 0, out + err


@asynccontextmanager
async def mosquitto_sub(broker: Mosquitto, *options: str) -> AsyncIterator[Process]:
    """A subscriber to everything, whose output is read by whoever wants it."""
    where = ["-h", broker.host, "-p", str(broker.port), "-t", "#", "-v", "-d"]
    by_line = ["stdbuf", "-oL"]  # into a pipe it would say nothing before there is much to say
    process = await asyncio.create_subprocess_exec(
        *by_line, client("mosquitto_sub"), *where, *options, stdout=PIPE, stderr=PIPE
    )
    try:
        assert process.stdout is not None
        while b"received SUBACK" not in await asyncio.wait_for(process.stdout.readline(), 10):
            pass
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()

"""Something that answers HTTP on a real socket, but need not be an InfluxDB."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from config.influxdb import InfluxSettings
from tests.serving import serving

STORED = b"HTTP/1.1 204 No Content\r\n\r\n"

Respond = Callable[[list[str]], bytes | None]
"""The raw answer to a request with these lines; None: hang up without one."""


def answer(status: str, body: str = "", *headers: str, encoding: str = "utf-8") -> bytes:
    """A whole HTTP answer."""
    payload = body.encode(encoding)
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(payload)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + payload


@dataclass
class Fake:
    """A listening server; ``taken`` are the lines it answered 204 for, ``requests`` all bodies in order."""

    respond: Respond
    port: int = 0
    requests: list[list[str]] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    def settings(self, timeout_s: float = 4.0) -> InfluxSettings:
        """What the agent needs to write to it."""
        given = {"url": f"http://127.0.0.1:{self.port}", "org": "o", "bucket": "b", "token": "t"}
        return InfluxSettings.model_validate({**given, "timeout_s": timeout_s})

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].partition("\r\n")[0] or 0)
        lines = gzip.decompress(await reader.readexactly(length)).decode().split("\n")
        self.requests.append(lines)
        response = self.respond(lines)
        if response is not None:
            if response.startswith(b"HTTP/1.1 204"):
                self.taken += lines
                response = response.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
            writer.write(response)
            await writer.drain()


@asynccontextmanager
async def listening(respond: Respond) -> AsyncIterator[Fake]:
    """A fake at work; at the end every connection is closed, whether its request was answered or not."""
    fake = Fake(respond)
    async with serving(fake.handle) as fake.port:
        yield fake

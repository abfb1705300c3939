"""A way to a real server that loses what the server answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.serving import serving

Back = Callable[[bytes], Awaitable[bytes]]
"""What becomes of something that the server answers; nothing of it: the connection ends."""


@asynccontextmanager
async def between(url: str, back: Back) -> AsyncIterator[str]:
    """Another URL for the same server."""
    host, port = urlsplit(url).hostname, urlsplit(url).port

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, forth = await asyncio.open_connection(host, port)
        ways = (_pass(reader, forth, _as_it_is), _pass(answers, writer, back))
        try:
            await asyncio.wait(list(map(asyncio.create_task, ways)), return_when=asyncio.FIRST_COMPLETED)
        finally:
            forth.close()
            with suppress(OSError):
                await forth.wait_closed()

    async with serving(handle) as own:
        yield f"http://127.0.0.1:{own}"


async def _as_it_is(data: bytes) -> bytes:
    return data


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, change: Back) -> None:
    with suppress(OSError):
        while data := await reader.read(1 << 16):
            changed = await change(data)
            if not changed:
                return
            writer.write(changed)
            await writer.drain()

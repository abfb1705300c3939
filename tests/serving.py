"""Servers on real sockets for tests, of which nothing is left when they end."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(handle: Handle, *, port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve each connection on loopback with ``handle``; the port.

    A connection is closed when its handler returns. At the end handlers that still run are cancelled, and no
    socket is open any more: `asyncio.start_server` lets go of one whose handler has not begun yet.
    """
    loop = asyncio.get_running_loop()
    accepted: dict[asyncio.Task[None], socket.socket] = {}

    async def serve(connection: socket.socket) -> None:
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        with suppress(OSError, asyncio.IncompleteReadError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=tls)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            try:
                await handle(reader, writer)
            except BaseException:
                transport.abort()
                raise
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()

    def accept() -> None:
        with suppress(BlockingIOError, ConnectionError):
            connection, _ = listener.accept()
            connection.setblocking(False)
            task = loop.create_task(serve(connection))
            accepted[task] = connection
            task.add_done_callback(lambda done: accepted.pop(done).close())

    with socket.create_server(("127.0.0.1", port)) as listener:
        listener.setblocking(False)
        loop.add_reader(listener, accept)
        try:
            yield listener.getsockname()[1]
        finally:
            loop.remove_reader(listener)
            left = list(accepted)
            for task in left:
                task.cancel()
            failures = await asyncio.gather(*left, return_exceptions=True)
            await asyncio.sleep(0)
    for failure in failures:
        if isinstance(failure, Exception):
            raise failure

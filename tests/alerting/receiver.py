"""A webhook's other side on a real socket: takes messages, or fails in any way it is told to."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from agent.alerting.webhook import Webhook
from tests.serving import serving

TOKEN = "canary-4711"

TAKEN = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def answer(status: str, body: str = "", *headers: str) -> bytes:
    """A whole HTTP answer."""
    payload = body.encode()
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(payload)}", "Connection: close", *headers]
    return "\r\n".join([*head, "", ""]).encode() + payload


@dataclass(frozen=True, slots=True)
class Request:
    """What was posted."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def ids(self) -> list[int]:
        """The numbers of the events in it."""
        return [event["id"] for event in self.body["events"]]


Respond = Callable[[Request], bytes | None]
"""The raw answer; None: never answer."""


def in_turn(answers: Iterable[bytes | None]) -> Respond:
    """These one after the other, then taken for ever."""
    waiting = iter(answers)
    return lambda request: next(waiting, TAKEN)


@dataclass
class Receiver:
    """``requests`` are all there were; ``taken`` those that were answered 2xx."""

    respond: Respond
    port: int = 0
    scheme: str = "http"
    requests: list[Request] = field(default_factory=list)
    taken: list[Request] = field(default_factory=list)

    def webhook(self, timeout_s: float = 4.0, token: str = TOKEN) -> Webhook:
        """Its address, with a secret in it."""
        url = f"{self.scheme}://127.0.0.1:{self.port}/hook?key=canary-url"
        return Webhook(url, SecretStr(token), timeout_s)

    @property
    def events(self) -> list[int]:
        """The numbers of all events that were taken, in order."""
        return [number for request in self.taken for number in request.ids]

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection."""
        first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest if line)}
        body = await reader.readexactly(int(headers["content-length"]))
        request = Request(first.split(" ")[1], headers, json.loads(body))
        self.requests.append(request)
        response = self.respond(request)
        if response is None:
            await asyncio.Event().wait()
            return
        if response.startswith(b"HTTP/1.1 2"):
            self.taken.append(request)
        writer.write(response)
        await writer.drain()


@asynccontextmanager
async def listening(
    respond: Respond = lambda request: TAKEN, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver at work; at the end every connection is closed, whether its request was answered or not."""
    receiver = Receiver(respond, scheme="https" if tls else "http")
    async with serving(receiver.handle, port=port, tls=tls) as receiver.port:
        yield receiver

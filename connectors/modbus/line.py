"""The way to the units behind one host and port, one TCP connection after the other. No protocol library here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from connectors.modbus.answer import EXCEPTIONS
from connectors.modbus.plan import Request
from evaluators.model.samples import Reason

HEAD = 9
"""Bytes before the data of an answer: MBAP header, function code, byte count."""

UNIT = 6
"""Where the unit stands in a frame."""


class Session(Protocol):
    """One TCP connection, good for questions until the first that is not answered in time."""

    timed_out: bool
    question: bytes
    """The last one, as it was sent."""
    heard: bytes
    """All that came since."""

    @property
    def open(self) -> bool:
        """Whether it stands."""

    async def connect(self) -> bool:
        """Whether it could be made."""

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The whole answer that belongs to the question, or why there is none."""

    def close(self) -> None:
        """Let it go."""


NewSession = Callable[[Callable[[int], None]], Session]
"""Makes a session, not connected yet, that reports each unit whose answer comes after the time-out."""


class SharedLine:
    """The way to the units behind one host and port: a `connectors.modbus.device.Line`.

    One TCP connection, made when it is needed. After a time-out the next question has a new one; where that is for
    another unit, the old one listens on for as long again, so that an answer that comes too late is known for what
    it is. A server that cannot have two connections at once is found out, and not listened to any more.
    """

    def __init__(self, new_session: NewSession, timeout_s: float) -> None:
        self._new_session = new_session
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self._session: Session | None = None
        self._listening: Session | None = None
        self._may_listen = True
        self._beside = False
        """Whether the last question was asked while an older connection was listened to."""
        self._known: set[int] = set()
        """Units that have answered in time."""
        self._late: set[int] = set()
        self.exchanged = (b"", b"")
        """The last question as it was sent, and all that came back; empty where nothing did."""

    async def ask(self, unit: int, request: Request) -> bytes | Reason:
        """The data of the answer, exactly as long as the request asks for; or why there is none."""
        async with self._turn:
            answer = await self._ask(unit, request)
            if self._beside and answer in (Reason.REFUSED, Reason.OFFLINE):
                self._listen_no_more()
                answer = await self._ask(unit, request)
            elif self._beside and answer is Reason.TIMEOUT and unit in self._known:
                self._listen_no_more()
            if isinstance(answer, Reason):
                return answer
            self._late.discard(unit)
            self._known.add(unit)
            return answer[HEAD:] if answer[7] < 0x80 else EXCEPTIONS.get(answer[8], Reason.OTHER_EXCEPTION)

    def late(self, unit: int) -> bool:
        """Whether the unit's last answer came after the time-out."""
        return unit in self._late

    async def _ask(self, unit: int, request: Request) -> bytes | Reason:
        self.exchanged = (b"", b"")
        session = await self._connected(unit)
        self._beside = self._listening is not None
        if session is None:
            return Reason.REFUSED
        try:
            answer = await session.ask(unit, request)
        except asyncio.CancelledError:
            self.close()
            raise
        self.exchanged = (session.question, session.heard)
        if answer in (Reason.OFFLINE, Reason.MISMATCH):
            self._drop()
        return answer

    async def _connected(self, unit: int) -> Session | None:
        session = self._session
        if session is not None and session.open and not session.timed_out:
            return session
        if session is not None and session.timed_out and self._may_listen and session.question[UNIT] != unit:
            self._listen(session)
        self._drop()
        session = self._session = self._new_session(self._late.add)
        try:
            if await session.connect():
                return session
        except asyncio.CancelledError:
            self.close()
            raise
        self._drop()
        return None

    def _listen(self, session: Session) -> None:
        """Leave a connection that timed out open for a while."""
        self._hush()
        self._session, self._listening = None, session
        asyncio.get_running_loop().call_later(self._timeout_s, self._hush, session)

    def _listen_no_more(self) -> None:
        """The server seems to have one connection at a time."""
        self._may_listen = False
        self._hush()

    def _hush(self, session: Session | None = None) -> None:
        """End listening, to this connection or to any."""
        if self._listening is not None and session in (None, self._listening):
            self._listening.close()
            self._listening = None

    def _drop(self) -> None:
        """Let the connection go; the next question makes a new one."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def close(self) -> None:
        """Let everything go."""
        self._drop()
        self._hush()

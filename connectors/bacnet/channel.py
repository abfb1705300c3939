"""What passes between the wire and those who use it: no protocol library here."""

from __future__ import annotations

from typing import Protocol


class NoAnswer(Exception):
    """Nothing came in time, retries included; the message says for how long was waited."""


class Channel(Protocol):
    """The way to one address. One question at a time."""

    async def ask(self, service: int, data: bytes) -> bytes:
        """The content of the acknowledgement; `NoAnswer` or `Refused`, nothing else."""

    async def tell(self, service: int, data: bytes) -> None:
        """Return once it is acknowledged, which holds nothing; `NoAnswer` or `Refused`, nothing else."""


class Ear(Protocol):
    """Who hears what devices say of their own accord. ``where`` is the address and port it came from."""

    async def notified(self, where: str, invoke: int | None, data: bytes) -> None:
        """A COV notification with this content; a confirmed one has an ``invoke`` id."""

    def announced(self, where: str, data: bytes) -> None:
        """An I-Am with this content."""


class Wire(Protocol):
    """Our socket with the protocol's layers around it, open."""

    async def acknowledge(self, where: str, invoke: int) -> None:
        """Answer a confirmed notification: it is stored."""

    async def deny(self, where: str, invoke: int) -> None:
        """Answer a confirmed notification: there is no such subscription."""

    async def shut(self) -> None:
        """Let the socket go; it is free again on return."""

"""How far forwarding has come: the backlog in order and, while that is long, the newest blocks beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import apsw

CURSOR = "influxdb"
"""Every block up to here is acknowledged."""
LIVE_FROM, LIVE_UPTO = "influxdb live from", "influxdb live upto"
"""The blocks after the first up to the second are acknowledged as well."""


class Span(NamedTuple):
    """The blocks ``(start, upto]``."""

    start: int
    upto: int


class Lanes(NamedTuple):
    """``done``: every block up to it is acknowledged; ``live``: so are these, which lie beyond."""

    done: int = 0
    live: Span | None = None

    @classmethod
    def of(cls, cursors: Mapping[str, int]) -> Lanes:
        """As they were kept; a span that does not lie beyond the first cursor says nothing any more."""
        done = cursors.get(CURSOR, 0)
        live = Span(cursors.get(LIVE_FROM, 0), cursors.get(LIVE_UPTO, 0))
        return cls(done, live if done <= live.start < live.upto else None)

    @property
    def acknowledged(self) -> int:
        """How many positions are."""
        return self.done + (self.live.upto - self.live.start if self.live else 0)


def store(connection: apsw.Connection, lanes: Lanes) -> None:
    """Keep them."""
    cursors = {CURSOR: lanes.done}
    if lanes.live is not None:
        cursors |= {LIVE_FROM: lanes.live.start, LIVE_UPTO: lanes.live.upto}
    connection.executemany(
        "INSERT INTO cursor (name, seq) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seq = ?2", cursors.items()
    )

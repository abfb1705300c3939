"""Samples that were let go before InfluxDB had them: counted by point, then noted in the gap ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import apsw

from agent.gaps.store import add_gap
from evaluators.model.gaps import Gap, GapCause

DETAIL = (
    "the journal reached its limit: these samples went before InfluxDB had taken them; each point lost as many"
)


class Loss(NamedTuple):
    """How many samples of a point are lost, and when (ns UTC) the first and the last of them were received."""

    point: int
    lost: int
    first: int
    last: int


def count(connection: apsw.Connection, losses: Iterable[Loss]) -> None:
    """Add to what is lost; within the transaction that lets it go."""
    connection.executemany(
        "INSERT INTO loss (point, lost, first, last) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (point) DO UPDATE "
        "SET lost = lost + ?2, first = min(first, ?3), last = max(last, ?4)",
        losses,
    )


def note(connection: apsw.Connection) -> int:
    """Move what was counted into the gap ledger; how many samples that are.

    Points of one device that lost as many samples over the same span share a gap: each lost ``lost`` divided by
    the number of its points.
    """
    keys: dict[int, str] = dict(connection.execute("SELECT number, key FROM point"))
    losses = [Loss(*row) for row in connection.execute("SELECT point, lost, first, last FROM loss ORDER BY point")]
    for gap in gaps_of(losses, keys):
        add_gap(connection, gap)
    connection.execute("DELETE FROM loss")
    return sum(loss.lost for loss in losses)


def gaps_of(losses: Iterable[Loss], keys: Mapping[int, str]) -> list[Gap]:
    """Losses as gaps from the first sample's receipt to just after the last one's."""
    alike: dict[tuple[str, int, int, int], list[str]] = {}
    for loss in losses:
        key = keys[loss.point]
        alike.setdefault((key.partition("/")[0], *loss[1:]), []).append(key)
    return [
        Gap(GapCause.OVERFLOW, first, last + 1, device, tuple(points), lost * len(points), DETAIL)
        for (device, lost, first, last), points in alike.items()
    ]

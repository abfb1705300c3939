"""Which points were proved on site, from the records that say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evaluators.model.bodies import Commissioning
from evaluators.model.records import Record


def commissioned_by(records: Iterable[Record[Any]], points: Iterable[str]) -> frozenset[str]:
    """Those of ``points`` (keys, ``device/point``) that the newest versions of records prove.

    A device proves all of its points. What is withdrawn, or says that it will be proved later, proves nothing.
    """
    newest: dict[tuple[str, str], Record[Commissioning]] = {}
    for record in records:
        if not isinstance(record.body, Commissioning):
            continue
        before = newest.get((record.source, record.id))
        if before is None or before.version < record.version:
            newest[record.source, record.id] = record
    proved = {
        named
        for record in newest.values()
        if not record.withdrawn and record.body.proved_at <= record.received
        for named in record.body.points
    }
    return frozenset(key for key in points if key in proved or key.partition("/")[0] in proved)

"""Which points were proved on site, from the records that say so. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from evaluators.model.bodies import Commissioning
from evaluators.model.records import Record, newest


def commissioned_by(records: Iterable[Record[Any]], points: Iterable[str]) -> frozenset[str]:
    """Those of ``points`` (keys, ``device/point``) that the newest versions of records prove.

    A device proves all of its points. What is withdrawn, or says that it will be proved later, proves nothing.
    """
    versions: dict[tuple[str, str], list[Record[Commissioning]]] = {}
    for record in records:
        if isinstance(record.body, Commissioning):
            versions.setdefault((record.source, record.id), []).append(record)
    proved = {
        named
        for record in map(newest, versions.values())
        if not record.withdrawn and record.body.proved_at <= record.received
        for named in record.body.points
    }
    return frozenset(key for key in points if key in proved or key.partition("/")[0] in proved)

"""From records to acknowledgements of alerts. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from agent.alerting.events import Ack
from agent.alerting.life import Acks
from evaluators.model.bodies import Acknowledgement
from evaluators.model.records import Record


def acks_of(records: Iterable[Record[Acknowledgement]]) -> Acks:
    """Acknowledgements by the key of their alert; ``records``: the newest versions that are not withdrawn."""
    found: dict[str, list[Ack]] = {}
    for record in sorted(records, key=lambda record: (record.body.at, record.received, record.reference)):
        body = record.body
        ack = Ack(
            record=record.reference,
            at=body.at,
            person=body.person,
            stage=body.stage,
            severity=body.severity,
            note=body.note,
        )
        found.setdefault(body.alert, []).append(ack)
    return found

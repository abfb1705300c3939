"""A device of the site file, ready to be read. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connectors.bacnet.plan import Ask, Target, asks_of
from connectors.bacnet.quality import COV_INCREMENT
from connectors.bacnet.settings import Device
from connectors.bacnet.tags import ObjectId
from evaluators.model.samples import ValueKind

LONG_SIZE = 60
"""Bytes that a text or an array is taken to need in an answer before one was seen."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A device with its points resolved, and for each object which properties witness its quality.

    ``changes`` are the objects whose changes are subscribed to, and whether notifications are confirmed;
    ``incremental`` those that have a COV_Increment.
    """

    id: str
    settings: Device
    targets: tuple[Target, ...]
    witnesses: Mapping[ObjectId, Sequence[int]]
    changes: Mapping[ObjectId, bool] = field(default_factory=dict)
    incremental: frozenset[ObjectId] = frozenset()

    def asks(self) -> tuple[Ask, ...]:
        """Everything that a full poll asks for."""
        increment = {each: (COV_INCREMENT,) for each in self.changes if each in self.incremental}
        return asks_of(
            self.targets, {each: (*numbers, *increment.get(each, ())) for each, numbers in self.witnesses.items()}
        )

    def guesses(self) -> dict[Ask, int]:
        """How long elements of an answer may be that are longer than usual, before one was seen."""
        return {
            target.ask: LONG_SIZE
            for target in self.targets
            if target.collection or target.point.kind is ValueKind.TEXT
        }

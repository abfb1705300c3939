"""What one look at devices gives a person: a read with its exchanges on the wire, or what a scan found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evaluators.model.samples import Sample


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and its answer on the wire; ``received`` is empty where none came."""

    at: int  # ns UTC when it was sent
    sent: bytes
    received: bytes
    seconds: float
    meaning: str  # one line for a person: what was asked and what the answer says


@dataclass(frozen=True, slots=True)
class Probe:
    """What one read of a device gave."""

    device: str
    samples: tuple[Sample, ...]
    exchanges: tuple[Exchange, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A device that a scan found, in the terms of a site file."""

    settings: Mapping[str, Any]  # what goes into its [[…device]] table
    points: tuple[Mapping[str, Any], ...]  # what goes into each point's table
    remarks: tuple[str, ...]  # duplicates, holes, what could not be read

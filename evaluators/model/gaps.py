"""Spans in which something was not taken, and why: each gap is itself evidence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class GapCause(StrEnum):
    """Why nothing was taken, or why what was taken is gone. The words are stored: they are never changed."""

    STOPPED = "stopped"
    """The agent did not run."""
    UNREACHABLE = "unreachable"
    """A device did not answer, or said that it was gone."""
    OVERFLOW = "overflow"
    """More came than could be kept."""
    DISK_FULL = "disk_full"
    """There was no room to keep it."""
    QUARANTINE = "quarantine"
    """It was kept, but what is on disk cannot be read any more; the damaged part is set aside."""
    CLOCK_STEP = "clock_step"
    """The machine's clock was set: no instant of the span was ever on it, or it was on it twice."""

    @property
    def label(self) -> str:
        """The words for a person."""
        return _LABELS[self]


_LABELS = {
    GapCause.STOPPED: "agent stopped",
    GapCause.UNREACHABLE: "device unreachable",
    GapCause.OVERFLOW: "overflow",
    GapCause.DISK_FULL: "disk full",
    GapCause.QUARANTINE: "quarantine",
    GapCause.CLOCK_STEP: "clock step",
}


@dataclass(frozen=True, slots=True)
class Gap:
    """A half-open span ``[start, end)``, ns UTC; ``end`` is None while it goes on.

    ``subject`` is a device's id, empty where it concerns all that the agent takes; ``points`` are keys, empty
    where every point of the subject is concerned. ``lost`` counts samples that were there and are gone, None
    where nobody can know. ``detail`` is one line for a person.
    """

    cause: GapCause
    start: int
    end: int | None = None
    subject: str = ""
    points: tuple[str, ...] = ()
    lost: int | None = None
    detail: str = ""

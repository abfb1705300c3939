"""How one device does, from how its polls go. Pure: instants come as arguments, ns UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from connectors.protocol import DeviceHealth, Link
from evaluators.model.samples import Block, Quality, Reason

NAMED = 3
"""So many bad points are named in the detail; the others are counted."""


class DeviceWatch:
    """The link to one device. ``keys`` are its points' keys by their number in a block."""

    def __init__(self, device: str, keys: dict[int, str]) -> None:
        self._device = device
        self._keys = keys
        self._link = Link.CONNECTING
        self._since = 0
        self._detail = "not started"
        self._last_good: int | None = None
        self._round_trip_s: float | None = None
        self._errors: Counter[str] = Counter()
        self._bad: dict[int, Reason] = {}
        self._rival = ""

    def connecting(self, at: int) -> None:
        """The first attempt begins."""
        self._turn(Link.CONNECTING, at, "waiting for the first answer")

    def failed(self, block: Block, link: Link, detail: str) -> None:
        """A poll came to nothing, or was cut short; ``detail`` says why."""
        self._count(block)
        self._turn(link, block.received, detail)

    def polled(self, block: Block, round_trip_s: float, note: str = "") -> None:
        """A poll was answered, though perhaps not for every point; ``note`` says what else was wrong."""
        self._count(block)
        self._round_trip_s = round_trip_s
        link = Link.DEGRADED if self._bad or note else Link.UP
        self._turn(link, block.received, "; ".join(part for part in (self._listed(), note) if part))

    def told(self, block: Block) -> None:
        """The device notified this of its own accord."""
        self._count(block)

    def rival(self, where: str) -> None:
        """Another device has the same instance, at this address."""
        self._rival = f"{where} has the same device instance: give one of them another"

    def health(self, figures: Mapping[str, int] | None = None, clock_s: float | None = None) -> DeviceHealth:
        """Now. ``figures`` and ``clock_s`` are handed on."""
        return DeviceHealth(
            self._device,
            self._link,
            self._since,
            self._last_good,
            self._round_trip_s,
            dict(self._errors),
            "; ".join(part for part in (self._detail, self._rival) if part),
            clock_s=clock_s,
            figures=dict(figures or {}),
        )

    def _count(self, block: Block) -> None:
        """Take down what the block holds, and which points are without a value now."""
        if not self._bad and not any(any(part.qualities) for part in block.columns):
            newest = max((max(part.times) for part in block.columns), default=0)
            self._last_good = max(newest, self._last_good or 0) or None
            return
        for sample in block.samples():
            if sample.reason.carries_value:
                self._bad.pop(sample.point, None)
            else:
                self._bad[sample.point] = sample.reason
                self._errors[sample.reason.label] += 1
            if sample.quality is Quality.GOOD:
                self._last_good = max(sample.time, self._last_good or 0)

    def _turn(self, link: Link, at: int, detail: str) -> None:
        if link is not self._link:
            self._link, self._since = link, at
        self._detail = detail

    def _listed(self) -> str:
        if not self._bad:
            return ""
        bad = [(self._keys[point], reason) for point, reason in sorted(self._bad.items())]
        named = ", ".join(f"{key}: {reason.label}" for key, reason in bad[:NAMED])
        more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
        return f"{len(bad)} of {len(self._keys)} points without a value: {named}{more}"

"""How one device does, from how its polls go. Pure: instants come as arguments, ns UTC."""

from __future__ import annotations

from collections import Counter

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

    def connecting(self, at: int) -> None:
        """The first attempt begins."""
        self._turn(Link.CONNECTING, at, "waiting for the first answer")

    def failed(self, block: Block, link: Link, detail: str) -> None:
        """A poll came to nothing, or was cut short; ``detail`` says why."""
        self._count(block)
        self._turn(link, block.received, detail)

    def polled(self, block: Block, round_trip_s: float, note: str = "") -> None:
        """A poll was answered, though perhaps not for every point; ``note`` says what else was wrong."""
        bad = self._count(block)
        self._round_trip_s = round_trip_s
        link = Link.DEGRADED if bad or note else Link.UP
        self._turn(link, block.received, "; ".join(part for part in (_listed(bad, len(block)), note) if part))

    def health(self) -> DeviceHealth:
        """Now."""
        return DeviceHealth(
            self._device,
            self._link,
            self._since,
            self._last_good,
            self._round_trip_s,
            dict(self._errors),
            self._detail,
        )

    def _count(self, block: Block) -> list[tuple[str, Reason]]:
        """Take down what the block holds; its points without a value."""
        bad: list[tuple[str, Reason]] = []
        for sample in block.samples():
            if sample.quality is Quality.GOOD:
                self._last_good = max(sample.time, self._last_good or 0)
            elif not sample.reason.carries_value:
                bad.append((self._keys[sample.point], sample.reason))
        self._errors.update(reason.label for _, reason in bad)
        return bad

    def _turn(self, link: Link, at: int, detail: str) -> None:
        if link is not self._link:
            self._link, self._since = link, at
        self._detail = detail


def _listed(bad: list[tuple[str, Reason]], of: int) -> str:
    if not bad:
        return ""
    named = ", ".join(f"{key}: {reason.label}" for key, reason in bad[:NAMED])
    more = f" and {len(bad) - NAMED} more" if len(bad) > NAMED else ""
    return f"{len(bad)} of {of} points without a value: {named}{more}"

"""How one unit does, from what its polls found. Pure: instants come as arguments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.modbus.plan import REGISTERS, ModbusPoint
from connectors.modbus.settings import Device, Point
from connectors.protocol import BoundDevice, DeviceHealth, Link
from evaluators.model.samples import Reason

GONE = {Reason.TIMEOUT, Reason.REFUSED, Reason.GATEWAY_UNAVAILABLE, Reason.GATEWAY_NO_RESPONSE}
"""Nobody is there now: asking on would only hold up the others on the line."""
UNANSWERED = {*GONE, Reason.OFFLINE, Reason.MISMATCH}
"""The unit itself has said nothing that can be used. Its other exceptions are answers."""

_SHOWN = 5
"""Refused points named in the detail; of the rest only the number is told."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one poll found: how often values came and when last (ns UTC), and why they did not come otherwise."""

    good: int
    last_good: int | None
    failed: Sequence[Reason]
    refused: Sequence[tuple[ModbusPoint, Reason]]
    """Points that were not asked for, as the unit refuses them."""
    round_trip_s: float
    late: bool
    """Whether the unit's last answer came after the time-out."""

    @property
    def answered(self) -> bool:
        """Whether the unit has said anything of itself, be it a refusal."""
        return self.good > 0 or any(reason not in UNANSWERED for reason in self.failed)

    @property
    def link(self) -> Link:
        """What this makes of the link."""
        if self.failed and not self.answered:
            return Link.BACKING_OFF
        return Link.DEGRADED if self.failed or self.refused else Link.UP


class Standing:
    """The health of one unit over its polls. Instants are ns UTC."""

    def __init__(self, device: BoundDevice[Device, Point], timeout_s: float) -> None:
        self._device = device
        self._timeout_s = timeout_s
        self._since = 0
        self._detail = "not started"
        self._last_good: int | None = None
        self._round_trip_s: float | None = None
        self._errors: Counter[str] = Counter()
        self.link = Link.CONNECTING

    def begin(self, at: int) -> None:
        """Polling starts."""
        self.link, self._since, self._detail = Link.CONNECTING, at, "not polled yet"

    def polled(self, outcome: Outcome, at: int) -> None:
        """A poll is over."""
        if outcome.link is not self.link:
            self.link, self._since = outcome.link, at
        if outcome.last_good is not None:
            self._last_good = outcome.last_good
        if not GONE.intersection(outcome.failed):
            self._round_trip_s = outcome.round_trip_s
        self._errors.update(reason.label for reason in outcome.failed)
        self._detail = "; ".join(self._findings(outcome))

    def health(self) -> DeviceHealth:
        """Now."""
        return DeviceHealth(
            self._device.id,
            self.link,
            self._since,
            self._last_good,
            self._round_trip_s,
            dict(self._errors),
            self._detail,
        )

    def _findings(self, outcome: Outcome) -> list[str]:
        findings = [self._advice(reason, outcome.late) for reason in dict.fromkeys(outcome.failed)]
        if outcome.refused:
            findings.append(_refusals(outcome.refused))
        return findings

    def _advice(self, reason: Reason, late: bool) -> str:
        if reason is Reason.TIMEOUT and late:
            return f"answers, but later than timeout_s ({self._timeout_s:g} s): raise it"
        settings = self._device.settings
        place = f"{settings.host}:{settings.port}"
        advice = {
            Reason.TIMEOUT: f"no answer from unit {settings.unit} at {place} within {self._timeout_s:g} s: "
            "check that the unit number is right and the device is on",
            Reason.REFUSED: f"cannot connect to {place}: "
            "check host and port, and that the device takes one more connection",
            Reason.OFFLINE: f"{place} closed the connection instead of answering",
            Reason.MISMATCH: f"{place} gave an answer that does not belong to the question: "
            "look for a second master behind it or a faulty gateway",
            Reason.GATEWAY_NO_RESPONSE: f"the gateway {place} hears nothing from unit {settings.unit}: "
            "check that the unit number is right and the device is on",
        }
        return advice.get(reason, f"unit {settings.unit} at {place} answered {reason.label}")


def _refusals(refused: Sequence[tuple[ModbusPoint, Reason]]) -> str:
    named = [f"{point.key} ({_place(point.settings)}: {reason.label})" for point, reason in refused[:_SHOWN]]
    more = f" and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
    return f"refuses {', '.join(named)}{more}: check table, address and encoding"


def _place(point: Point) -> str:
    last = point.address + REGISTERS[point.encoding] - 1
    return f"{point.table} {point.address}" if last == point.address else f"{point.table} {point.address}-{last}"

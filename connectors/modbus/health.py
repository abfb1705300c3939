"""How one unit does, from what its polls found. Pure: instants come as arguments."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from connectors.modbus.addresses import written
from connectors.modbus.plan import Hole, ModbusPoint
from connectors.modbus.settings import Device, Point
from connectors.protocol import BoundDevice, DeviceHealth, Link
from evaluators.model.samples import Reason

GONE = {Reason.TIMEOUT, Reason.REFUSED, Reason.GATEWAY_UNAVAILABLE, Reason.GATEWAY_NO_RESPONSE}
"""Nobody is there now: asking on would only hold up the others on the line."""
UNANSWERED = {*GONE, Reason.OFFLINE, Reason.MISMATCH}
"""The unit itself has said nothing that can be used. Its other exceptions are answers."""

_SHOWN = 5
"""Refused points and holes named in the detail; of the rest only the number is told."""
_REMEMBERED = 100
"""Polls over which the percentile of the round trip is taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one poll found: how often values came and when last (ns UTC), and why they did not come otherwise."""

    good: int
    last_good: int | None
    failed: Sequence[Reason]
    refused: Sequence[tuple[ModbusPoint, Reason]]
    """Points that were not asked for, as the unit refuses them."""
    holes: Sequence[Hole]
    """All that the unit refuses when it is asked for together, as found out."""
    round_trip_s: float
    late: bool
    """Whether the unit's last answer came after the time-out."""
    requests: int
    saved: int
    """How many more requests a request for each point would have taken."""

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
        self._round_trips: deque[float] = deque(maxlen=_REMEMBERED)
        self._errors: Counter[str] = Counter()
        self._figures = {"requests": 0, "requests_saved": 0, "holes": 0}
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
            self._round_trips.append(outcome.round_trip_s)
        self._figures["requests"] += outcome.requests
        self._figures["requests_saved"] += outcome.saved
        self._figures["holes"] = len(outcome.holes)
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
            figures={**self._figures, **self._percentile()},
        )

    def _percentile(self) -> dict[str, int]:
        """What 19 of 20 of the last polls took at most."""
        if not self._round_trips:
            return {}
        ordered = sorted(self._round_trips)
        return {"round_trip_p95_us": round(ordered[(len(ordered) * 19 - 1) // 20] * 1e6)}

    def _findings(self, outcome: Outcome) -> list[str]:
        findings = [self._advice(reason, outcome.late) for reason in dict.fromkeys(outcome.failed)]
        if outcome.refused:
            findings.append(self._refusals(outcome.refused))
        between = [
            hole for hole in outcome.holes if not any(_explains(hole, point) for point, _ in outcome.refused)
        ]
        if between:
            places = [self._place(hole.table, hole.address, hole.stop) for hole in between]
            findings.append(f"refuses {_listed(places)} in one request and is read around it: declare holes")
        return findings

    def _advice(self, reason: Reason, late: bool) -> str:
        if reason is Reason.TIMEOUT and late:
            return too_late(self._timeout_s)
        settings = self._device.settings
        place = f"{settings.host}:{settings.port}"
        here = f"unit {settings.unit} at {place}"
        advice = {
            Reason.TIMEOUT: f"no answer from unit {settings.unit} at {place} within {self._timeout_s:g} s: "
            "check that the unit number is right and the device is on",
            Reason.REFUSED: f"cannot connect to {place}: "
            "check host and port, and that the device takes one more connection",
            Reason.OFFLINE: f"{place} closed the connection instead of answering",
            Reason.MISMATCH: f"{place} gave an answer that does not belong to the question: "
            "look for a second master behind it or a faulty gateway",
            Reason.ILLEGAL_FUNCTION: f"{here} knows no such table (exception 01): check table",
            Reason.DEVICE_FAILURE: f"{here} reports a failure of its own, or a gateway that the unit is not there "
            "(exception 04): look at the device, and check the unit number",
            Reason.DEVICE_BUSY: f"{here} is too busy (exception 05 or 06), twice in one poll: "
            "poll it less often (period_s), and look who else asks it",
            Reason.GATEWAY_UNAVAILABLE: f"the gateway {place} has no way to unit {settings.unit} (exception 0A): "
            "check its serial port and its table of units",
            Reason.GATEWAY_NO_RESPONSE: f"the gateway {place} hears nothing from unit {settings.unit}: "
            "check that the unit number is right and the device is on",
        }
        return advice.get(reason, f"{here} answered {reason.label}")

    def _refusals(self, refused: Sequence[tuple[ModbusPoint, Reason]]) -> str:
        named = []
        for point, reason in refused:
            at = point.settings
            named.append(
                f"{point.key} ({self._place(at.table, at.address, at.address + at.width)}: {reason.label})"
            )
        return f"refuses {_listed(named)}: check table, address and encoding"

    def _place(self, table: str, address: int, stop: int) -> str:
        """Addresses as the site file writes them."""
        addressing = self._device.settings.addressing
        first, last = (written(addressing, table, at) for at in (address, stop - 1))
        return first if first == last else f"{first}-{last.removeprefix(table).lstrip()}"


def too_late(timeout_s: float) -> str:
    """What is said of a unit whose answers come after the time-out."""
    return f"answers, but later than timeout_s ({timeout_s:g} s): raise it"


def _explains(hole: Hole, point: ModbusPoint) -> bool:
    at = point.settings
    return hole.table == at.table and at.address <= hole.address and hole.stop <= at.address + at.width


def _listed(named: Sequence[str]) -> str:
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return f"{', '.join(named[:_SHOWN])}{more}"

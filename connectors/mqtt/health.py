"""How one device does, from what its session and its messages say. Pure: instants come as arguments."""

from __future__ import annotations

from collections import Counter, deque

from connectors.mqtt.decode import Decoded
from connectors.mqtt.plan import data_topics, shown_topic, status_topic
from connectors.mqtt.rate import Rate
from connectors.mqtt.settings import Device, Point
from connectors.protocol import BoundDevice, DeviceHealth, Link
from evaluators.model.samples import MOST_EARLY_NS
from evaluators.model.times import SECOND_NS, seconds_to_ns

SILENT_PERIODS = 3
"""So many periods without a message, and the device counts as gone."""

CLOCK_WINDOW_S = 600.0
"""A device's clock is judged by its fastest message of so many seconds: others waited on their way."""


class DeviceWatch:
    """The link to one device. ``at`` is an instant, ns UTC; ``beat`` the monotonic seconds of the same moment."""

    def __init__(self, device: BoundDevice[Device, Point]) -> None:
        self._device = device
        self._topics = data_topics(device)
        self._topic = shown_topic(device)
        self._status_topic = status_topic(device)
        self._rate = Rate()
        self._link = Link.CONNECTING
        self._since = 0
        self._detail = "not started"
        self._listening = False
        self._refusals: dict[str, str] = {}
        self._refused_at = 0
        self._last_good: int | None = None
        self._alive_at = 0
        self._alive_beat = 0.0
        self._errors: Counter[str] = Counter()
        self._lags: deque[tuple[float, int]] = deque()
        """When messages came and how long after their own time (ns), each longer than all that came before it."""

    def connecting(self, at: int) -> None:
        """The first attempt begins."""
        self._turn(Link.CONNECTING, at, "connecting to the broker")

    def lost(self, at: int, why: str) -> None:
        """There is no session; a new one will be tried for."""
        self._listening = False
        self._refusals = {}
        self._turn(Link.BACKING_OFF, at, why)

    def opened(self, at: int, beat: float) -> None:
        """A session began; nothing is known of the device yet."""
        self._listening = True
        self._turn(Link.CONNECTING, at, "connected; subscribing")
        self._alive_at, self._alive_beat = at, beat

    def subscribed(self) -> None:
        """The broker has answered; until then it may have held back what was published."""
        if self._link is Link.CONNECTING:
            self._detail = f"waiting for a message on {self._topic}"

    def refused(self, at: int, topic: str, why: str) -> None:
        """The broker does not let us subscribe to one of its topics in this session."""
        self._refusals[topic] = (
            f"the broker refuses a subscription to {topic}: {why}; allow this client to read it"
        )
        self._refused_at = at

    def said_gone(self, at: int) -> None:
        """Its status topic says that it is offline."""
        self._listening = False
        self._turn(Link.DOWN, at, f"{self._status_topic} says {self._device.settings.offline}")

    def said_there(self, at: int, beat: float) -> None:
        """Its status topic says anything else: it is there, if it was not already."""
        self._alive(at, beat)
        if self._link is not Link.DEGRADED:
            self._turn(Link.UP, at, "")

    def heard(self, decoded: Decoded, at: int, beat: float) -> None:
        """A message of its own came, not a retained one."""
        self._alive(at, beat)
        self._rate.count(beat)
        self.count(decoded)
        if decoded.good:
            self._last_good = at
        self._turn(Link.DEGRADED if decoded.problem else Link.UP, at, decoded.problem)

    def count(self, decoded: Decoded) -> None:
        """Bad rows, by reason."""
        if decoded.bad:
            self._errors.update(reason.label for reason in decoded.bad)

    def timed(self, lag: int, beat: float) -> None:
        """A message came so many ns after the time that it bears."""
        while self._lags and self._lags[-1][1] >= lag:
            self._lags.pop()
        self._lags.append((beat, lag))
        self._forget_lags(beat)

    def _forget_lags(self, beat: float) -> None:
        while len(self._lags) > 1 and beat - self._lags[0][0] > CLOCK_WINDOW_S:
            self._lags.popleft()

    def missed(self, label: str, messages: int) -> None:
        """Messages that never became rows."""
        if messages:
            self._errors[label] += messages

    def health(self, beat: float, note: str = "") -> DeviceHealth:
        """Now; ``note`` is what the connection has to say."""
        link, since, detail = self._link, self._since, self._detail
        if self._silent(beat):
            link, since = Link.DOWN, self._alive_at + seconds_to_ns(self._silence_s)
            detail = (
                f"nothing on {self._topic} for {beat - self._alive_beat:.0f} s;"
                f" expected every {self._device.settings.period_s:g} s"
            )
        if self._refusals and link is not Link.DOWN:
            own = self._topics.keys() <= self._refusals.keys()
            link, since = Link.DOWN if own else Link.DEGRADED, self._refused_at
        untimed = "" if self._device.settings.time else _UNTIMED
        ahead = -self._lags[0][1] if self._lags else None
        early = _early(ahead) if ahead is not None and ahead > MOST_EARLY_NS else ""
        return DeviceHealth(
            self._device.id,
            link,
            since,
            self._last_good,
            errors=dict(self._errors),
            messages_s=round(self._rate.per_s(beat), 3),
            detail="; ".join(part for part in (*self._refusals.values(), detail, early, note, untimed) if part),
            clock_s=None if ahead is None else round(ahead / SECOND_NS, 3),
        )

    @property
    def _silence_s(self) -> float:
        return SILENT_PERIODS * self._device.settings.period_s

    def _silent(self, beat: float) -> bool:
        return self._listening and beat - self._alive_beat > self._silence_s

    def _alive(self, at: int, beat: float) -> None:
        if self._silent(beat):
            self._since = at
        self._listening = True
        self._alive_at, self._alive_beat = at, beat

    def _turn(self, link: Link, at: int, detail: str) -> None:
        if link is not self._link:
            self._link, self._since = link, at
        self._detail = detail


def _early(ahead: int) -> str:
    most_s = MOST_EARLY_NS // SECOND_NS
    return f"its clock is {ahead // SECOND_NS} s ahead: set it; what is over {most_s} s early is uncertain"


_UNTIMED = "messages carry no time: one delivered again cannot be recognised"

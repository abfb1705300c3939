"""The life of one subscription to an object's changes. Pure: instants are seconds on the monotonic clock.

A subscription is worth something only while it is known to work: the device took it, a notification came after
that, and the confirming poll has found nothing that a notification should have told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from math import isfinite
from zlib import crc32

from connectors.bacnet.decode import Outcome, Reading
from connectors.bacnet.plan import Ask
from connectors.bacnet.tags import ObjectId

RENEWED_AT = 0.4
"""Of the lifetime: a subscription is renewed a little earlier or later than this, and always before the half."""
SPREAD = 0.05
"""Of the lifetime: so much earlier or later, so that not all objects of a device are renewed at once."""
MOST_MISSED = 3
"""So many times in a row a subscription may turn out dead before the object is left to polling."""
NOT_NOTIFIED = "notifications do not arrive"
NOT_ANSWERED = "SubscribeCOV is not answered"


class Stage(Enum):
    """Where a subscription is in its life."""

    WANTED = "wanted"
    """To be asked for as soon as it is due."""
    ASKED = "asked"
    """Asked for, but nothing was notified yet."""
    ALIVE = "alive"
    GIVEN_UP = "given up"
    """Refused, or nothing is ever notified: the object is polled, and asked for again much later."""


@dataclass(slots=True)
class Subscription:
    """To one object. ``process`` tells its notifications from others; ``grace_s`` is how long one may take."""

    object: ObjectId
    process: int
    confirmed: bool
    lifetime_s: int
    grace_s: float
    stage: Stage = Stage.WANTED
    why: str = ""
    """Why it was given up."""
    resubscribed: int = 0
    """How often it turned out dead and was asked for again."""
    afresh: bool = False
    """Whether the device's own idea of it is to be ended first, so that it begins with a notification."""
    _due: float = 0.0
    _lease: float = 0.0
    _doubt: float | None = None
    _missed: int = 0
    _told: dict[Ask, Outcome] = field(default_factory=dict)

    def alive(self, now: float) -> bool:
        """Whether changes are known to be notified: the object need not be polled as often."""
        return self.stage is Stage.ALIVE and self._doubt is None and now < self._lease

    def held(self, now: float) -> bool:
        """Whether the device may still have it."""
        return now < self._lease

    def due(self) -> float:
        """When something is to be done next."""
        return self._due if self._doubt is None else min(self._due, self._doubt)

    def must_ask(self, now: float) -> bool:
        """Whether to send SubscribeCOV now. A doubt that has stood for the grace is settled first."""
        if self._doubt is not None and now >= self._doubt:
            self._dead(now)
        return now >= self._due

    def asking(self) -> None:
        """SubscribeCOV is being sent: the first notification may overtake its acknowledgement."""
        if self.stage is not Stage.ALIVE:
            self.stage = Stage.ASKED

    def taken(self, now: float) -> None:
        """The device took it, anew or again."""
        early = RENEWED_AT - SPREAD + 2 * SPREAD * (crc32(repr(self.object).encode()) / 2**32)
        self._due = now + early * self.lifetime_s
        self._lease = now + self.lifetime_s
        if self.stage is Stage.ASKED:
            self._doubt = now + self.grace_s  # the standard has a notification follow at once
        self.why, self.afresh = "", False

    def refused(self, now: float, why: str) -> None:
        """The device did not take it. What it held before is asked for once more, in case it has restarted."""
        if self._lease:
            self.lost(now)
        else:
            self._give_up(now, why)

    def unanswered(self, now: float) -> None:
        """The device answers other questions, but not this one."""
        if self.held(now):
            self._due = now + (0.5 - RENEWED_AT) * self.lifetime_s
        else:
            self._give_up(now, NOT_ANSWERED)

    def lost(self, now: float) -> None:
        """The device may have forgotten it: it was away, or has restarted."""
        self.stage = Stage.WANTED
        self._due, self._lease, self._doubt = now, 0.0, None
        self._told.clear()

    def notified(self, readings: Mapping[Ask, Reading], at: int) -> None:
        """A notification came, at this instant, ns UTC."""
        if self.stage is Stage.ALIVE:
            self._missed = 0  # of its own accord: a device may tell the first value and no change
        if self.stage is Stage.ASKED:
            self.stage = Stage.ALIVE
        self._doubt = None
        self._told.update((ask, Outcome(reading, at)) for ask, reading in readings.items())

    def tells(self, ask: Ask) -> bool:
        """Whether notifications hold this property."""
        return ask in self._told

    def confirmed_by(self, now: float, polled: Mapping[Ask, Outcome], increment: float | None) -> None:
        """The confirming poll read this. A difference that the device should have told is a doubt, which a
        notification within the grace settles. ``increment`` is the object's COV_Increment, None if not known."""
        if self.stage is not Stage.ALIVE or self._doubt is not None:
            return
        for ask, told in self._told.items():
            read = polled.get(ask)
            if read is None or read.time <= told.time:  # told since it was read
                continue
            if _should_have_been_told(told.reading, read.reading, increment):
                self._doubt = now + self.grace_s
                return

    def _dead(self, now: float) -> None:
        self._missed += 1
        self.resubscribed += 1
        if self._missed >= MOST_MISSED:
            self._give_up(now, NOT_NOTIFIED)
        else:
            self.lost(now)
            self.afresh = True

    def _give_up(self, now: float, why: str) -> None:
        self.stage, self.why, self.afresh = Stage.GIVEN_UP, why, True
        self._due, self._doubt, self._missed = now + self.lifetime_s, None, 0
        self._told.clear()


def _should_have_been_told(told: Reading, polled: Reading, increment: float | None) -> bool:
    if not told.values or not polled.values or told.values == polled.values:
        return False
    before, after = told.values[0], polled.values[0]
    if not isinstance(before, float) or not isinstance(after, float):
        return True
    if not (isfinite(before) and isfinite(after)):
        return False
    return increment is not None and abs(after - before) >= increment

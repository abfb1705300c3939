"""When alerts are told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When to tell of what; spans are ns.

    A repair rings as soon as its clock runs, and so does a response that has no more than ``at_once_ns``. What
    else is not done rings once ``lead_share`` of the time from its start to its due time is left, but no earlier
    than ``lead_most_ns`` and no later than ``lead_least_ns`` before that.
    """

    at_once_ns: int = HOUR_NS
    lead_share: Fraction = Fraction(1, 4)
    lead_most_ns: int = 7 * DAY_NS
    lead_least_ns: int = 5 * MINUTE_NS
    stays_ns: int = 7 * DAY_NS
    """How long after its due time, or the end of its window, a failure rings that nothing else ends; where the
    time allowed was longer than that, so long."""
    hold_ns: int = 5 * MINUTE_NS
    """How long a live figure that missed its threshold rings at least."""
    life_safety: frozenset[str] = frozenset()
    """Functional items (``equipment/item``) all of whose clocks are emergencies."""

    def lead_ns(self, start: int | None, due: int) -> int:
        """How long before its due time something begins to ring."""
        if start is None:
            return self.lead_most_ns
        share = (due - start) * self.lead_share.numerator // self.lead_share.denominator
        return max(self.lead_least_ns, min(share, self.lead_most_ns))

    def expires_at(self, start: int | None, due: int) -> int:
        """When a failure has rung for long enough."""
        return due + max(self.stays_ns, 0 if start is None else due - start)

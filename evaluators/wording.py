"""Times, lengths of time and amounts in the words of notes."""

from __future__ import annotations

from datetime import tzinfo
from fractions import Fraction

from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, moment


def clock(at: int, zone: tzinfo) -> str:
    """An instant as ``03-04 08:10`` in the zone, cut to the minute."""
    return moment(at).astimezone(zone).strftime("%m-%d %H:%M")


def decimal(value: Fraction) -> str:
    """A number as a decimal of at most two digits after the point, cut."""
    hundredths = value.numerator * 100 // value.denominator
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


def lasting(length: int) -> str:
    """A length of time (ns) in its two largest units, cut, such as ``2 h 5 min``; a negative one as ``0 s``."""
    left = max(0, length)
    found: list[str] = []
    for size, unit in ((DAY_NS, "d"), (HOUR_NS, "h"), (MINUTE_NS, "min"), (SECOND_NS, "s")):
        number, left = divmod(left, size)
        if number or (unit == "s" and not found):
            found.append(f"{number} {unit}")
        elif found:
            break
    return " ".join(found[:2])

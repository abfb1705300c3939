"""What the figures of a verdict say to alerts. Pure."""

from __future__ import annotations

from fractions import Fraction

from evaluators.model.verdicts import Mark, Verdict


def unknown_is_large(verdict: Verdict) -> bool:
    """Whether what is unknown so far has used half of what the window may miss."""
    window = verdict.window
    if verdict.at_most or verdict.low is None or verdict.high is None or not window.length:
        return False
    elapsed = Fraction(min(verdict.as_of, window.end) - window.start, window.length)
    unknown = (verdict.high - verdict.low) * elapsed
    return unknown > 0 and 2 * unknown >= 1 - verdict.threshold


def figures(verdict: Verdict) -> str:
    """A verdict's value against its threshold, and the first things that fail, for a person."""
    parts = []
    if verdict.low is not None and verdict.high is not None:
        low, high = (_shown(bound, verdict.unit) for bound in (verdict.low, verdict.high))
        value = low if low == high else f"{low} – {high}"
        limit = "at most" if verdict.at_most else "threshold"
        parts.append(f"{value}, {limit} {_shown(verdict.threshold, verdict.unit)}")
    failing = [line.about for line in verdict.lines if line.mark is Mark.BAD]
    if failing:
        more = f" and {len(failing) - SHOWN} more" if len(failing) > SHOWN else ""
        parts.append(", ".join(failing[:SHOWN]) + more)
    if verdict.note:
        parts.append(verdict.note)
    return "; ".join(parts)


SHOWN = 3
"""How many failing things a note names."""


def _shown(value: Fraction, unit: str) -> str:
    """Cut to two digits, never rounded up to a threshold that was missed; a share of one as per cent."""
    is_share = unit == "1" and value <= 1
    hundredths = value.numerator * (10_000 if is_share else 100) // value.denominator
    whole, rest = divmod(hundredths, 100)
    digits = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"{digits} %" if is_share else f"{digits} {unit}".removesuffix(" 1")

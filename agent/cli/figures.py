"""What stands beside a verdict's value, in words: lengths of time, counts, and what is only bounded."""

from __future__ import annotations

from fractions import Fraction

from agent.cli.tables import percent
from evaluators.model.times import SECOND_NS
from evaluators.model.verdicts import Verdict
from evaluators.wording import lasting

LABELS = {
    "median_s": "half of them within",
    "p95_s": "95 of 100 within",
    "longest_s": "the longest",
    "unseen_s": "time in which nothing was seen, summed over the items",
    "mtbf_s": "mean time between failures",
    "mttr_s": "mean time to repair",
    "longest_outage_s": "longest outage",
}
_SECONDS = "_s"


def figure_words(name: str, value: str) -> str:
    """One of a verdict's facts, such as ``mean time to repair: 18 s to 33 min``; what is no number as it is."""
    label = LABELS.get(name, name.removesuffix(_SECONDS).replace("_", " "))
    low, dots, high = value.partition("..")
    try:
        ends = [_number(end, in_seconds=name.endswith(_SECONDS)) for end in (low, high)]
    except ValueError:
        return f"{label}: {value}"
    if not dots:
        return f"{label}: {ends[0]}"
    if not ends[0] or not ends[1]:
        return f"{label}: at least {ends[0]}" if ends[0] else f"{label}: at most {ends[1]}"
    return f"{label}: {ends[0]}" + (f" to {ends[1]}" if ends[0] != ends[1] else "")


def _number(text: str, *, in_seconds: bool) -> str:
    if not text:
        return ""
    number = Fraction(text)
    if in_seconds:
        return lasting(int(number * SECOND_NS))
    return str(number) if number.denominator == 1 else f"{float(number):.1f}"


def threshold_words(verdict: Verdict) -> str:
    """What a verdict's value is held against, written as the value is."""
    threshold = verdict.threshold
    if verdict.unit == "1" and threshold <= 1:
        return percent(threshold, threshold)
    return f"{float(threshold):g}" + ("" if verdict.unit == "1" else f" {verdict.unit}")


def time_words(verdict: Verdict) -> str:
    """Of a clause about time: how long things were in which state."""
    assert verdict.account is not None, "asked of clauses about time alone"
    lengths = [
        (name, getattr(verdict.account, name)) for name in ("up", "down", "unknown", "planned", "not_required")
    ]
    said = ", ".join(f"{name.replace('_', ' ')} {lasting(length)}" for name, length in lengths if length)
    return f"time, summed over the items: {said}"

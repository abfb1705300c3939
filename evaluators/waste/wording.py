"""Findings in a sentence. Pure."""

from __future__ import annotations

from evaluators.model.waste import Finding, Range
from evaluators.wording import decimal


def told(finding: Finding, currency: str) -> str:
    """A finding for a person who sees nothing else of it."""
    unit = "" if finding.unit == "1" else f" {finding.unit}"
    said = f"{figure(finding.measured)}{unit}, the limit is {decimal(finding.limit)}{unit}"
    if finding.wasted is not None:
        said += f"; about {figure(finding.wasted)} {finding.carrier.unit}"
    if finding.cost is not None:
        said += f", {figure(finding.cost)} {currency}"
    return said


def figure(found: Range) -> str:
    """A range: one number where both ends read the same."""
    low = decimal(found.low)
    if found.high is None:
        return f"at least {low}"
    high = decimal(found.high)
    return low if low == high else f"{low} to {high}"

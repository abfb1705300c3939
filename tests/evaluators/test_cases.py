"""Every worked example under ``testcases/`` (`tests.evaluators.cases` says what one looks like)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from evaluators.model.times import SECOND_NS
from tests.evaluators.cases import judged, load_cases

CASES = dict(load_cases())


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str) -> None:
    case = CASES[name]
    assert case["about"]
    verdicts = judged(case)
    assert case["expect"], "a case that expects nothing shows nothing"
    for expected in case["expect"]:
        assert expected["subject"] in verdicts, sorted(verdicts)
        verdict = verdicts[expected["subject"]]
        said: dict[str, Any] = {"outcome": verdict.outcome.value, "low": verdict.low, "high": verdict.high}
        wanted: dict[str, Any] = {"outcome": expected["outcome"]}
        wanted |= {bound: Fraction(expected[bound]) if bound in expected else None for bound in ("low", "high")}
        if "lines" in expected:
            said["lines"] = {line.about: line.mark.value for line in verdict.lines}
            wanted["lines"] = expected["lines"]
        if "missing" in expected:
            told = [(f"{m.cause.point} {m.cause.why}" if m.cause else "", m.length) for m in verdict.missing]
            said["missing"] = dict(told)
            wanted["missing"] = {name: seconds * SECOND_NS for name, seconds in expected["missing"].items()}
        assert said == wanted, f"{verdict.note}\n" + "\n".join(
            f"{x.about}: {x.mark} {x.note}" for x in verdict.lines
        )
        assert expected.get("note", "") in verdict.note
        for about, note in expected.get("line_notes", {}).items():
            assert note in next(line.note for line in verdict.lines if line.about == about)
        for about, witness in expected.get("witnesses", {}).items():
            assert next(line.witness for line in verdict.lines if line.about == about) == witness
        for figure, value in expected.get("facts", {}).items():
            assert dict(verdict.facts)[figure] == value

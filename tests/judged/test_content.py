"""Verdicts as JSON and back, and what makes two of them the same answer."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.judged.content import decode, digest, encode
from evaluators.model.episodes import Cause
from evaluators.model.gaps import GapCause
from evaluators.model.samples import Reason
from evaluators.model.times import Window, WindowKind
from evaluators.model.verdicts import (
    Account,
    Level,
    Line,
    Mark,
    Missing,
    Outcome,
    Subject,
    Swing,
    Tally,
    Verdict,
    Witness,
)

times = st.none() | st.integers(-(2**63), 2**63 - 1)
counts = st.integers(0, 2**62)
ratios = st.fractions(0, 1)
lines = st.builds(
    Line,
    about=st.text(max_size=5),
    mark=st.sampled_from(Mark),
    start=times,
    due=times,
    done=times,
    note=st.text(max_size=5),
    owner=st.text(max_size=5),
    records=st.lists(st.text(max_size=4), max_size=2).map(tuple),
    witness=st.none() | st.sampled_from(Witness),
    lasts=st.booleans(),
)
gaps = st.none() | st.sampled_from(GapCause)
causes = st.none() | st.builds(Cause, st.text(max_size=4), st.sampled_from(Reason), gaps)
windows = st.builds(
    lambda kind, start, length: Window(kind, start, start + length), st.sampled_from(WindowKind), counts, counts
)
verdicts = st.builds(
    Verdict,
    clause=st.text(max_size=5),
    subject=st.builds(Subject, st.sampled_from(Level), st.text(max_size=5)),
    outcome=st.sampled_from(Outcome),
    low=st.none() | ratios,
    high=st.none() | ratios,
    threshold=ratios,
    unit=st.sampled_from(["1", "h"]),
    window=windows,
    coverage=st.none() | ratios,
    as_of=counts,
    missing=st.lists(st.builds(Missing, causes, counts), max_size=2).map(tuple),
    note=st.text(max_size=5),
    tally=st.none() | st.builds(Tally, counts, counts, counts, counts),
    lines=st.lists(lines, max_size=3).map(tuple),
    facts=st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=2).map(tuple),
    account=st.none() | st.builds(Account, counts, counts, counts, counts, counts),
    swing=st.none() | st.builds(Swing, st.none() | st.tuples(ratios, ratios), counts, counts),
)


@given(verdicts)
def test_nothing_is_lost_on_the_way(verdict: Verdict) -> None:
    assert decode(json.loads(json.dumps(encode(verdict)))) == verdict


def test_what_was_kept_before_gaps_had_names_is_the_same_answer() -> None:
    plain = replace(CLOSED, missing=(Missing(Cause("d/0", Reason.NONE), 7),))
    assert encode(plain)["missing"] == [["d/0", 0, 7]]
    named = replace(CLOSED, missing=(Missing(Cause("d/0", Reason.NONE, GapCause.STOPPED), 7),))
    assert digest(plain) != digest(named)


MONTH = Window(WindowKind.MONTH, 1, 100)
GOOD = Line(about="g", mark=Mark.GOOD)
BAD = Line(about="b", mark=Mark.BAD)
RUNNING = Line(about="r", mark=Mark.RUNNING, due=90)
CLOSED = Verdict(
    "c", Subject(Level.SITE, "t"), Outcome.NOT_MET, Fraction(1, 2), Fraction(1, 2), Fraction(1), "1", MONTH, None,
    100, lines=(GOOD, BAD),
)  # fmt: skip
OPEN = replace(CLOSED, outcome=Outcome.PENDING, lines=(GOOD, RUNNING))
FAILED_EARLY = replace(CLOSED, as_of=50)
"""Its window is open, and cannot be met any more."""
STANDING = replace(CLOSED, window=Window(WindowKind.STANDING, 100, 100))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLOSED, replace(CLOSED, as_of=500)),
        (OPEN, replace(OPEN, as_of=50, low=Fraction(1), lines=(GOOD, GOOD, RUNNING))),
        (FAILED_EARLY, replace(FAILED_EARLY, as_of=60, low=Fraction(1, 3), facts=(("used", "7"),))),
        (STANDING, replace(STANDING, as_of=200, window=Window(WindowKind.STANDING, 200, 200))),
    ],
)
def test_the_same_answer(one: Verdict, other: Verdict) -> None:
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLOSED, replace(CLOSED, low=Fraction(1, 3))),
        (CLOSED, replace(CLOSED, lines=(GOOD, replace(BAD, note="why")))),
        (OPEN, replace(OPEN, lines=(GOOD, BAD))),
        (FAILED_EARLY, replace(FAILED_EARLY, lines=(GOOD, BAD, replace(BAD, about="another")))),
        (FAILED_EARLY, CLOSED),
        (OPEN, replace(OPEN, outcome=Outcome.NOT_MET)),
        (STANDING, replace(STANDING, lines=(GOOD,))),
        (CLOSED, replace(CLOSED, window=Window(WindowKind.MONTH, 2, 100))),
    ],
)
def test_another_answer(one: Verdict, other: Verdict) -> None:
    assert digest(one) != digest(other)

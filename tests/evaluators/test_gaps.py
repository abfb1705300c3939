"""Which gap of the ledger explains unknown time; times are small integers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.gaps import ORDER, GapLedger, Span, laid
from evaluators.model.episodes import Cause, State
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Reason
from evaluators.model.site import Category, Watch
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from evaluators.tracks import Change, pieces
from tests.evaluators.building import block, sample, site, works

END = 40
SILENT = Cause("d/0", Reason.NONE)

gaps = st.builds(
    lambda cause, start, length, subject, points: Gap(
        cause, start, None if length is None else start + length, subject, points
    ),
    st.sampled_from(GapCause),
    st.integers(0, END),
    st.none() | st.integers(0, 15),
    st.sampled_from(["", "d", "e"]),
    st.sampled_from([(), ("d/0",), ("d/1",)]),
)
states = st.sampled_from(
    [(State.UP, None), (State.DOWN, None), (State.UNKNOWN, None), (State.UNKNOWN, SILENT),
     (State.UNKNOWN, Cause("d/1", Reason.NONE)), (State.UNKNOWN, Cause("d/0", Reason.TIMEOUT))]
)  # fmt: skip
tracks = st.lists(st.tuples(st.integers(1, 9), states), min_size=1, max_size=6)


def track_of(parts: list[tuple[int, tuple[State, Cause | None]]]) -> list[Change]:
    """A track from 0 on in which neighbours differ."""
    found: list[Change] = []
    at = 0
    for length, (state, cause) in parts:
        if not found or found[-1][1:] != (state, cause):
            found.append((at, state, cause))
        at += length
    return found


def by_instant(track: list[Change], end: int) -> list[tuple[State, Cause | None]]:
    """What a track says of each instant."""
    return [(state, cause) for (at, state, cause), until in pieces(track, end) for _ in range(at, until)]


def expected(state: State, cause: Cause | None, at: int, noted: list[Gap]) -> Cause | None:
    """The rule, instant by instant."""
    if state is not State.UNKNOWN or cause is None or cause.reason is not Reason.NONE:
        return cause
    lying = [
        gap.cause
        for gap in noted
        if gap.start <= at and (gap.end is None or at < gap.end)
        and gap.subject in ("", "d") and (not gap.points or cause.point in gap.points)
    ]  # fmt: skip
    return Cause(cause.point, Reason.NONE, min(lying, key=ORDER.index)) if lying else cause


@given(tracks, st.lists(gaps, max_size=6), st.integers(0, END))
def test_each_instant_is_explained_by_the_gap_it_lies_in(
    parts: list[tuple[int, tuple[State, Cause | None]]], noted: list[Gap], cut: int
) -> None:
    track, end = track_of(parts), sum(length for length, _ in parts)
    ledger = GapLedger(noted)
    found = list(ledger.named(track, end))
    plain = by_instant(track, end)
    wanted = [(state, expected(state, cause, at, noted)) for at, (state, cause) in enumerate(plain)]
    assert by_instant(found, end) == wanted
    assert all(before[1:] != after[1:] for before, after in pairwise(found)), "neighbours differ"
    if 0 < cut < end:
        first = [change for change in track if change[0] < cut]
        assert by_instant(list(ledger.named(first, cut)), cut) == wanted[:cut]


def test_every_cause_has_its_place_and_its_words() -> None:
    assert sorted(ORDER) == sorted(GapCause)
    assert len({cause.label for cause in GapCause}) == len(GapCause)
    assert Cause("d/0", Reason.NONE, GapCause.DISK_FULL).why == "disk full"
    assert Cause("d/0", Reason.TIMEOUT).why == "timeout"
    assert SILENT.why == "no sample"


@pytest.mark.parametrize(
    ("noted", "spans"),
    [
        ([], []),
        ([Gap(GapCause.STOPPED, 3, 3)], []),
        (
            [Gap(GapCause.OVERFLOW, 0, 9), Gap(GapCause.STOPPED, 3, 5), Gap(GapCause.STOPPED, 4, 6)],
            [Span(0, 3, GapCause.OVERFLOW), Span(3, 6, GapCause.STOPPED), Span(6, 9, GapCause.OVERFLOW)],
        ),
        ([Gap(GapCause.STOPPED, 3, 5), Gap(GapCause.STOPPED, 5, None)], [Span(3, 2**63, GapCause.STOPPED)]),
    ],
)
def test_gaps_are_laid_side_by_side(noted: list[Gap], spans: list[Span]) -> None:
    found = laid(noted)
    joined: list[Span] = []
    for span in found:
        if joined and joined[-1].end == span.start and joined[-1].cause is span.cause:
            joined[-1] = joined[-1]._replace(end=span.end)
        else:
            joined.append(span)
    assert joined == spans


def test_items_and_watches_are_explained_alike() -> None:
    building = site([[works("d/0")]], hold=3)
    watch = Watch("lift-0/trapped", "", Category.ENTRAPMENT, (works("d/0"),))
    (lift,) = building.equipment
    building = replace(building, equipment=(replace(lift, watches=(watch,)),))
    standing = Standing(building, {"d/0": 0})
    standing.take(block([sample(0, 1), sample(20, 1)]))
    ledger = GapLedger([Gap(GapCause.STOPPED, 5, 15)])
    view = standing.view(RecordBook(UTC), 22, UTC, ledger)
    for tracks in (view.episodes(0, 22), view.happenings(0, 22)):
        (track,) = tracks.values()
        assert [(e.start, e.end, e.cause.why if e.cause else e.state.value) for e in track] == [
            (0, 5, "no sample"),
            (5, 15, "agent stopped"),
            (15, 20, "no sample"),
            (20, 22, "up"),
        ]

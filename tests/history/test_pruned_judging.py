"""Judging a journal whose old samples were let go: the same answers as if all were there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from agent.assessor import Assessor
from agent.history.history import History
from agent.journal.bounds import Readers
from agent.journal.gate import Gate
from agent.journal.journal import Journal
from agent.journal.pruning import Pruner
from agent.judged.compare import compare
from agent.judged.keeping import keep
from agent.judged.runs import runs_between
from config.tables import JournalTable
from evaluators.model.episodes import State
from evaluators.model.samples import Block, BlockBuilder, Reason, ValueKind
from evaluators.model.site import Site
from evaluators.model.times import SECOND_NS
from tests.evaluators.building import CLAUSE, site, works
from tests.journal.keeping import StandingClock

START = 1_767_225_600 * SECOND_NS
SECONDS = 300
END = START + SECONDS * SECOND_NS
POINTS = [("d/0", ValueKind.INT), ("d/1", ValueKind.INT)]
KEEP_S = 40


def building(hold_s: int = 6) -> Site:
    """Two lifts of one condition each."""
    return site([[works("d/0")], [works("d/1")]], hold=hold_s * SECOND_NS, judged_from=START)


def one_row(point: int, second: int, value: int | None, received: int | None = None) -> Block:
    """A block of one sample; None is a time-out."""
    builder = BlockBuilder("bms")
    if value is None:
        builder.bad(point, ValueKind.INT, START + second * SECOND_NS, Reason.TIMEOUT)
    else:
        builder.add(point, ValueKind.INT, START + second * SECOND_NS, value)
    return builder.build(START + (second if received is None else received) * SECOND_NS)


class Twin:
    """A journal with an assessor that follows it; tidied or not."""

    def __init__(self, path: Path, clock: StandingClock) -> None:
        self.journal = Journal.open(path, clock)
        self.journal.register(POINTS)
        table = JournalTable(keep_days=KEEP_S / 86400)
        self._pruner = Pruner(self.journal, Gate(self.journal), table, Readers(), clock)
        self.history = History.open(path)
        self.assessor = self.new()

    def new(self, *, resume: bool = True, hold_s: int = 6) -> Assessor:
        """Another assessor of the same journal, which has caught up."""
        numbers = self.history.numbers_of(POINTS)
        found = Assessor(building(hold_s), numbers, [CLAUSE], self.history, resume=resume)
        found.catch_up()
        return found

    async def look(self, as_of: int) -> None:
        """Fold, judge, and keep all of it."""
        self.assessor.catch_up()
        await self.journal.write(partial(keep, found=self.assessor.round(as_of, keep_runs=True)))

    async def tidy(self) -> int:
        """Let old samples go; how many are gone by now."""
        await self._pruner.tidy()
        return self.history.pruned().rows

    async def close(self) -> None:
        """Let the file go."""
        self.history.close()
        await self.journal.close()


@pytest.fixture
async def twins(tmp_path: Path) -> AsyncIterator[tuple[StandingClock, Twin, Twin]]:
    """A clock, a journal that is tidied and one that is not."""
    clock = StandingClock(START)
    both = Twin(tmp_path / "pruned.db", clock), Twin(tmp_path / "whole.db", clock)
    yield (clock, *both)
    for twin in both:
        await twin.close()


def said(assessor: Assessor) -> object:
    """All that it knows."""
    return assessor.judge(END), assessor.episodes(START, END), assessor.episodes(START, START + 60 * SECOND_NS)


@pytest.mark.parametrize("seed", range(4))
async def test_live_restarted_and_recomputed_it_is_judged_as_if_nothing_were_gone(
    twins: tuple[StandingClock, Twin, Twin], seed: int
) -> None:
    clock, pruned, whole = twins
    random = Random(seed)
    coming = sorted(
        ((second + random.choice([0, 0, 0, 9, 25]), point, second) for second in range(0, SECONDS, 2)
         for point in (1, 2) if random.random() > 0.1), key=lambda each: each[0]
    )  # fmt: skip
    gone = 0
    for number, (received, point, second) in enumerate(coming):
        block = one_row(point, second, random.choice([1, 1, 1, 1, 0, None]), received)
        clock.at = block.received
        for twin in (pruned, whole):
            await twin.journal.put(block)
        if number % 13 == 0:
            await pruned.look(clock.at)
            gone = await pruned.tidy()
        if number % 50 == 0:
            pruned.assessor = pruned.new()
    assert gone > 150
    whole.assessor.catch_up()
    pruned.assessor.catch_up()
    assert said(pruned.assessor) == said(whole.assessor)
    assert said(pruned.new()) == said(whole.assessor)
    assert said(pruned.new(resume=False)) == said(whole.assessor)
    assert pruned.assessor.too_late == 0


async def steadily(twin: Twin) -> None:
    """Samples every two seconds; one lift is down from 40 to 60."""
    for second in range(0, 200, 2):
        await twin.journal.put(one_row(1, second, 0 if 40 <= second < 60 else 1))
        await twin.journal.put(one_row(2, second, 1))


async def tidied(clock: StandingClock, twin: Twin) -> None:
    """The same, and all but the last part of it is let go."""
    await steadily(twin)
    clock.at = START + 200 * SECOND_NS
    await twin.look(clock.at)
    assert await twin.tidy() > 100


def line(assessor: Assessor) -> str:
    """The first lift's first 200 seconds, a letter for two."""
    found = assessor.episodes(START, START + 200 * SECOND_NS)["lift-0/car"]
    letters = {State.UP: "U", State.DOWN: "D", State.UNKNOWN: "?"}
    return "".join(letters[e.state] * (e.length // (2 * SECOND_NS)) for e in found)


STORY = "U" * 20 + "D" * 10 + "U" * 69


async def test_what_comes_too_late_destroys_nothing_and_is_counted(
    twins: tuple[StandingClock, Twin, Twin],
) -> None:
    clock, pruned, _ = twins
    await tidied(clock, pruned)
    await pruned.journal.put(one_row(1, 50, 1, received=200))
    await pruned.journal.put(one_row(1, 11, 0, received=200))
    await pruned.journal.put(one_row(1, 13, 1, received=200))
    pruned.assessor.catch_up()
    for assessor in (pruned.assessor, pruned.new(), pruned.new(resume=False)):
        assert line(assessor).startswith(STORY)
    assert pruned.assessor.too_late == 2, "one of them said what was known"
    assert len(list(pruned.history.samples([1]))) == 20 + 3, "they are kept"


async def test_runs_are_read_by_subject_and_span_after_their_samples_are_gone(
    twins: tuple[StandingClock, Twin, Twin],
) -> None:
    clock, pruned, _ = twins
    await tidied(clock, pruned)

    def spans(subject: str, start: int, end: int) -> list[tuple[int, int]]:
        found = runs_between(pruned.history, subject, START + start * SECOND_NS, START + end * SECOND_NS)
        return [((run.start - START) // SECOND_NS, (run.end - START) // SECOND_NS) for run in found]

    assert spans("lift-0/car", 0, 300) == [(0, 38), (40, 58), (60, 198)]
    assert spans("lift-0/car", 39, 60) == [(40, 58)]
    assert spans("lift-0/car", 58, 61) == [(40, 58), (60, 198)]
    assert spans("lift-2/car", 0, 300) == []


async def test_what_comes_late_next_to_what_is_gone_counts(twins: tuple[StandingClock, Twin, Twin]) -> None:
    clock, pruned, whole = twins
    await steadily(whole)
    await tidied(clock, pruned)
    horizon = (pruned.history.pruned().horizon[1] - START) // SECOND_NS
    for twin in (pruned, whole):
        await twin.journal.put(one_row(1, horizon + 1, 0, received=200))
        twin.assessor.catch_up()
    assert said(pruned.assessor) == said(whole.assessor)
    assert said(pruned.new(resume=False)) == said(whole.assessor)


async def test_a_rule_that_changed_does_not_make_unknown_what_is_gone(
    twins: tuple[StandingClock, Twin, Twin],
) -> None:
    clock, pruned, _ = twins
    await tidied(clock, pruned)
    for resume in (True, False):
        assert line(pruned.new(resume=resume, hold_s=9)).startswith(STORY)


async def test_a_verdict_judged_anew_says_if_it_rests_on_runs(
    twins: tuple[StandingClock, Twin, Twin],
) -> None:
    clock, pruned, _ = twins
    clause = replace(CLAUSE, evidence=("telemetry",))
    await tidied(clock, pruned)
    anew = pruned.new(resume=False)
    assert anew.horizon == max(pruned.history.pruned().horizon.values())
    stored = anew.judge(END)
    found = compare(stored, [clause], anew.judge_window, END, anew.horizon)
    assert {(each.stored.window.kind.value, each.from_runs, each.is_same) for each in found} == {
        ("instant", False, True),
        ("month", True, True),
    }
    assert not any(each.from_runs for each in compare(stored, [CLAUSE], anew.judge_window, END, anew.horizon))
    assert not any(each.from_runs for each in compare(stored, [clause], anew.judge_window, END))

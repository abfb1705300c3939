"""Live and recomputed judging of a real journal: the same verdicts, late samples and repeated ones included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from agent.assessor import Assessor
from agent.clock import SystemClock
from agent.history.history import History
from agent.intake import Intake
from agent.journal.journal import Journal
from evaluators.model.samples import Block, BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.site import Site
from evaluators.model.times import SECOND_NS
from tests.evaluators.building import CLAUSE, site, works

START = 1_767_225_600 * SECOND_NS
END = START + 200 * SECOND_NS


def building() -> Site:
    """Two lifts of one condition each."""
    return site([[works("d/0")], [works("d/1")]], hold=6 * SECOND_NS, judged_from=START)


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An open journal that knows the building's points."""
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    journal.register([("d/0", ValueKind.INT), ("d/1", ValueKind.INT)])
    yield journal
    await journal.close()


def assessor(history: History) -> Assessor:
    """A new one, at the journal's beginning."""
    numbers = history.numbers_of([("d/0", ValueKind.INT), ("d/1", ValueKind.INT)])
    return Assessor(building(), numbers, [CLAUSE], history)


def one_row(point: int, second: int, value: int | None) -> Block:
    """A block of one sample; None is a time-out."""
    builder = BlockBuilder("bms")
    if value is None:
        builder.bad(point, ValueKind.INT, START + second * SECOND_NS, Reason.TIMEOUT)
    else:
        builder.add(point, ValueKind.INT, START + second * SECOND_NS, value)
    return builder.build(START)


@pytest.mark.parametrize("seed", range(5))
async def test_live_is_recomputed_whatever_order_samples_arrive_in(journal: Journal, seed: int) -> None:
    random = Random(seed)
    blocks = [
        one_row(point, second, random.choice([1, 1, 1, 1, 0, None]))
        for point in (1, 2)
        for second in range(0, 200, 2)
        if random.random() > 0.1
    ]
    random.shuffle(blocks)
    blocks += random.sample(blocks, 10)  # delivered again
    with History.open(journal.path) as history:
        live = assessor(history)
        for number, block in enumerate(blocks):
            await journal.put(block)
            if number % 17 == 0:
                assert live.catch_up()
        assert live.catch_up()
        again = assessor(history)
        assert again.catch_up()
        assert live.judge(END) == again.judge(END)
        assert live.episodes(START, END) == again.episodes(START, END)
        middle = START + 101 * SECOND_NS
        assert live.judge(middle) == again.judge(middle)
    assert journal.duplicates == 10


async def test_catching_up_can_be_left_off(journal: Journal) -> None:
    await journal.put(one_row(1, 0, 1))
    with History.open(journal.path) as history:
        live = assessor(history)
        assert not live.catch_up(lambda: False)
        assert live.catch_up()


async def test_points_that_nobody_proved_are_uncertain(journal: Journal) -> None:
    sink = Intake(journal, frozenset({1}), lambda: Reason.NONE)
    for point in (1, 2):
        await sink.put(one_row(point, 0, 1))
        await sink.put(one_row(point, 2, None))
    with History.open(journal.path) as history:
        found = [(s.point, s.value, s.quality, s.reason) for s in history.samples([1, 2])]
    assert sorted(found, key=str) == [
        (1, 1, Quality.UNCERTAIN, Reason.NOT_COMMISSIONED),
        (1, None, Quality.BAD, Reason.TIMEOUT),
        (2, 1, Quality.GOOD, Reason.NONE),
        (2, None, Quality.BAD, Reason.TIMEOUT),
    ]

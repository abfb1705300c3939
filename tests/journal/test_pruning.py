"""Old samples go once everybody has done with them, and nothing else goes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

import pytest

from agent.gaps.store import add_gap, read_gaps
from agent.history.history import History
from agent.journal import losses
from agent.journal.bounds import LOW_WATER, Bound, Limits, Places, Readers, bound_of
from agent.journal.losses import Loss
from agent.journal.pruning import FIRST_BLOCKS, MOST_BLOCKS, STOPPED, fitting
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import BlockBuilder, Reason, ValueKind
from evaluators.model.times import DAY_NS
from tests.e2e.checks import wait_for
from tests.journal.keeping import NOW, Kept
from tests.waiting import until

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STEWARD_KILLS", "4"))

Make = Callable[..., Kept]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes the journal; what is made is closed."""
    made: list[Kept] = []

    def one(**settings: object) -> Kept:
        made.append(Kept(tmp_path / "journal.db", **settings))  # type: ignore[arg-type]  # keys of the table
        return made[-1]

    yield one
    for kept in made:
        await kept.journal.close()


async def filled(kept: Kept, blocks: int = 10) -> None:
    """So many blocks of point 1, all old, then one of each other point and a new one of point 1."""
    for n in range(blocks):
        await kept.put(1, 10 * n)
    await kept.put(2, 5)
    await kept.put(3, 7)
    await kept.put(1, 10 * blocks, age_days=0.0)


@pytest.mark.parametrize(
    ("cursors", "judged", "left"),
    [
        ({"influxdb": 13}, 13, [11, 12, 13]),
        ({"influxdb": 4}, 13, [5, 6, 7, 8, 9, 10, 11, 12, 13]),
        ({"influxdb": 13}, 6, [7, 8, 9, 10, 11, 12, 13]),
        ({}, 13, list(range(1, 14))),
        ({"influxdb": 13}, 0, list(range(1, 14))),
    ],
)
async def test_a_block_goes_once_influxdb_has_it_and_judging_has_done_with_it(
    make: Make, cursors: dict[str, int], judged: int, left: list[int]
) -> None:
    kept = make()
    await filled(kept)
    await kept.done(judged, **cursors)
    await kept.pruner.tidy()
    assert kept.seqs() == left


async def test_without_influxdb_age_alone_decides_and_readers_within_always_count(make: Make) -> None:
    kept = make(readers=Readers(within=("records",)))
    await filled(kept)
    await kept.done(records=3)
    await kept.pruner.tidy()
    assert kept.seqs() == list(range(4, 14))
    assert (kept.pruner.size.bound, kept.hurried) == (Bound.READERS, 1)
    await kept.done(records=13)
    await kept.pruner.tidy()
    assert kept.seqs() == [11, 12, 13]
    assert (kept.pruner.size.bound, kept.pruner.size.pruned_blocks, kept.hurried) == (Bound.AGE, 10, 1)


async def test_what_is_not_old_stays_and_so_does_what_came_after_it(make: Make) -> None:
    kept = make()
    for n, age in enumerate((3.0, 2.0, 0.5, 2.0, 0.0)):
        await kept.put(1, n, age_days=age)
    await kept.done(influxdb=5)
    await kept.pruner.tidy()
    assert kept.seqs() == [3, 4, 5]
    kept.clock.at += DAY_NS
    await kept.pruner.tidy()
    assert kept.seqs() == [5]
    assert kept.pruner.size.oldest == NOW


async def test_the_newest_sample_of_each_point_stays_whatever_its_age(make: Make) -> None:
    kept = make()
    await filled(kept)
    with History.open(kept.path) as history:
        before = history.newest()
        await kept.done(influxdb=13)
        await kept.pruner.tidy()
        assert history.newest() == before
        assert {point: entry.time for point, entry in history.pruned().newest.items()} == {1: 90}
        assert (history.pruned().seq, history.pruned().rows) == (10, 10)
    await kept.put(2, 6, age_days=0.0)
    await kept.done(influxdb=14)
    await kept.pruner.tidy()
    assert kept.seqs() == [12, 13, 14], "it goes as soon as it is the newest no more"


async def test_of_samples_with_the_newest_identity_all_stay(make: Make) -> None:
    kept = make()
    await kept.put(1, 1)
    bad = BlockBuilder("line")
    bad.bad(1, ValueKind.INT, 9, Reason.TIMEOUT)
    await kept.gate.put(bad.build(0))
    await kept.put(1, 9, value=5)
    await kept.put(1, 2)
    await kept.put(2, 9, age_days=0.0)
    await kept.done(influxdb=5)
    await kept.pruner.tidy()
    assert kept.seqs() == [2, 3, 5]
    with History.open(kept.path) as history:
        assert history.newest()[1].reason is Reason.TIMEOUT, "the worse one wins still"


async def test_after_a_restart_numbers_go_on_and_the_newest_is_known(make: Make) -> None:
    kept = make()
    await filled(kept, 1100)  # past a checkpoint
    await kept.done(influxdb=1103)
    await kept.pruner.tidy()
    assert kept.seqs() == [1101, 1102, 1103]
    await kept.journal.close()
    again = make()
    assert again.journal.position == 1103
    await again.put(3, 7)
    assert (again.journal.duplicates, again.seqs()) == (1, [1101, 1102, 1103])
    await again.put(1, 11001)
    assert again.seqs()[-1] == 1104


async def test_a_sample_delivered_again_after_it_was_let_go_is_kept_once_more_and_then_known(make: Make) -> None:
    kept = make()
    await filled(kept)
    await kept.done(influxdb=13)
    await kept.pruner.tidy()
    for _ in range(3):
        await kept.put(1, 20, age_days=0.0)
    assert kept.times() == [20, 100]
    assert kept.journal.duplicates == 2


async def test_a_slice_is_as_long_as_the_writer_may_be_kept(make: Make) -> None:
    assert fitting(100, 0.15) == 10
    assert fitting(100, 0.0) == 200
    assert fitting(1, 0.0) == 2 * FIRST_BLOCKS
    assert fitting(MOST_BLOCKS, 0.001) == MOST_BLOCKS
    assert fitting(1, 10.0) == 1
    kept = make()
    await filled(kept, 3 * FIRST_BLOCKS)
    await kept.done(influxdb=kept.journal.position)
    writes: list[int] = []
    write = kept.journal.write

    async def counted(work: Callable[..., object]) -> object:
        writes.append(len(kept.seqs()))
        return await write(work)

    kept.journal.write = counted  # type: ignore[method-assign,assignment]
    await kept.pruner.tidy()
    assert writes == [153, 103], "50 at first, then more"
    assert len(kept.seqs()) == 3


async def test_the_journal_is_no_larger_than_it_may_be_and_its_room_is_used_again(make: Make) -> None:
    kept = make(keep_gb=0.0004, keep_days=1000)
    sizes = []
    for n in range(30):
        await big(kept, n)
        await kept.done(influxdb=kept.journal.position)
        await kept.pruner.tidy()
        sizes.append(kept.pruner.size.used_bytes)
    assert max(sizes) <= 400_000
    assert kept.path.stat().st_size < 500_000
    assert kept.pruner.size.bound is Bound.SIZE
    assert kept.pruner.size.pruned_blocks > 10
    row = kept.pruner.health_row()
    assert (row["bound"], row["most_bytes"], row["lost_samples"]) == ("keep_gb", 400_000, 0)
    assert row["oldest"].startswith("1972-09-27T00:00:00")


async def big(kept: Kept, n: int, point: int = 1) -> None:
    """A block of about 16 kB that nothing packs."""
    builder = BlockBuilder("line")
    noise = random.Random(n)
    for row in range(2000):
        builder.add(point, ValueKind.INT, n * 2000 + row, noise.getrandbits(62))
    await kept.gate.put(builder.build(NOW + n))


async def overfull(kept: Kept, blocks: int = 30) -> None:
    """So much that nothing of it fits, of which InfluxDB has taken two blocks."""
    for n in range(blocks):
        await big(kept, n)
    await kept.put(2, 1)
    await kept.done(influxdb=2)


async def test_full_of_what_influxdb_lacks_the_oldest_go_and_every_loss_is_counted(make: Make) -> None:
    kept = make(keep_gb=0.0004, keep_days=1000)
    await overfull(kept)
    before = Counter({1: 60_000, 2: 1})
    await kept.pruner.tidy()
    with History.open(kept.path) as history:
        left = Counter(sample.point for sample in history.samples([1, 2]))
        ((_, gap),) = read_gaps(history)
        assert history.query("SELECT * FROM loss") == []
        assert history.used_bytes() <= LOW_WATER * 400_000
    lost = before[1] - left[1] - 2 * 2000  # two blocks had been acknowledged
    assert (gap.cause, gap.subject, gap.points, gap.lost) == (GapCause.OVERFLOW, "plc", ("plc/level",), lost)
    assert lost % 2000 == 0
    assert (gap.start, gap.end) == (NOW + 2, NOW + 2 + lost // 2000)
    assert left[2] == 1
    assert (kept.pruner.size.bound, kept.pruner.size.lost) == (Bound.LOST, lost)
    await kept.done(influxdb=31)
    await kept.pruner.tidy()
    assert kept.pruner.size.bound is Bound.SIZE
    with History.open(kept.path) as history:
        assert len(read_gaps(history)) == 1


async def test_what_judging_has_not_folded_is_not_dropped_even_when_full(make: Make) -> None:
    kept = make(keep_gb=0.0004, keep_days=1000)
    await overfull(kept)
    await kept.done(judged=1)
    await kept.pruner.tidy()
    assert kept.seqs() == list(range(2, 32))
    assert (kept.pruner.size.bound, kept.hurried) == (Bound.READERS, 1)


def test_points_that_lost_alike_share_a_gap() -> None:
    keys = {1: "plc/level", 2: "plc/flow", 3: "gas/total", 4: "plc/name"}
    found = losses.gaps_of([Loss(1, 5, 10, 20), Loss(2, 5, 10, 20), Loss(3, 5, 10, 20), Loss(4, 2, 10, 20)], keys)
    assert [(gap.subject, gap.points, gap.lost, gap.start, gap.end) for gap in found] == [
        ("plc", ("plc/level", "plc/flow"), 10, 10, 21),
        ("gas", ("gas/total",), 5, 10, 21),
        ("plc", ("plc/name",), 2, 10, 21),
    ]


async def test_losses_of_a_process_that_was_killed_reach_the_ledger(make: Make) -> None:
    kept = make()
    await kept.journal.write(partial(losses.count, losses=[Loss(1, 3, 5, 9), Loss(1, 2, 4, 8)]))
    await kept.pruner.tidy()
    with History.open(kept.path) as history:
        ((_, gap),) = read_gaps(history)
    assert (gap.lost, gap.start, gap.end) == (5, 4, 10)


async def test_full_and_told_to_stop_nothing_is_taken_until_there_is_room(make: Make) -> None:
    kept = make(keep_gb=0.0004, keep_days=1000, when_full="stop")
    await overfull(kept)
    await kept.pruner.tidy()
    assert kept.seqs() == list(range(3, 32)), "what InfluxDB has went"
    assert kept.pruner.size.bound is Bound.STOPPED
    waiting = asyncio.create_task(kept.put(1, 10**9))
    await kept.pruner.tidy()
    kept.clock.at += 50
    assert not waiting.done()
    with History.open(kept.path) as history:
        assert read_gaps(history) == [(1, Gap(GapCause.OVERFLOW, NOW, detail=STOPPED))]
    await kept.done(influxdb=31)
    await kept.pruner.tidy()
    await waiting
    assert kept.times()[-1] == 10**9
    assert kept.pruner.size.used_bytes <= LOW_WATER * 400_000
    with History.open(kept.path) as history:
        assert read_gaps(history) == [(1, Gap(GapCause.OVERFLOW, NOW, NOW + 50, detail=STOPPED))]


async def test_a_gap_that_was_open_at_a_kill_goes_on_or_ends(make: Make) -> None:
    kept = make(keep_gb=0.0004, keep_days=1000, when_full="stop")
    await overfull(kept)
    await kept.pruner.tidy()
    await kept.journal.close()
    again = make(keep_gb=0.0004, keep_days=1000, when_full="stop")
    await again.pruner.tidy()
    assert again.gate.is_shut
    await again.journal.close()
    larger = make(keep_gb=1, when_full="stop")
    await larger.journal.write(partial(add_gap, gap=Gap(GapCause.STOPPED, NOW)))
    await larger.pruner.tidy()
    assert not larger.gate.is_shut
    with History.open(kept.path) as history:
        assert [(gap.cause, gap.end) for _, gap in read_gaps(history)] == [
            (GapCause.OVERFLOW, NOW), (GapCause.STOPPED, None)
        ]  # fmt: skip


def test_what_bounds_the_journal() -> None:
    limits = Limits(1, 1000, stops=False)

    def bound(acknowledged: int, done: int, used: int, *, due: bool = False, shut: bool = False) -> Bound:
        return bound_of(limits, Places(acknowledged, done, frozenset(), used), 5, used, due=due, shut=shut)

    assert bound(9, 9, 100) is Bound.AGE
    assert bound(9, 9, 801) is Bound.SIZE
    assert bound(8, 9, 100, due=True) is Bound.INFLUXDB
    assert bound(9, 8, 100, due=True) is Bound.READERS
    assert bound(4, 9, 100) is Bound.LOST
    assert bound(9, 9, 100, shut=True) is Bound.STOPPED
    limits = Limits(1, None, stops=False)
    assert bound(9, 9, 10**9) is Bound.AGE


async def test_a_reader_sees_one_state_of_the_journal_while_it_is_tidied(make: Make) -> None:
    kept = make()
    await filled(kept)
    await kept.done(influxdb=13)
    with History.open(kept.path) as history:
        reading = iter(history.samples([1]))
        first = next(reading)
        await kept.pruner.tidy()
        assert [first.time, *(sample.time for sample in reading)] == [10 * n for n in range(11)]
        assert [sample.time for sample in history.samples([1])] == [100]


async def test_it_goes_on_by_itself_and_at_once_for_a_short_time(make: Make) -> None:
    kept = make(keep_days=0.0001)
    await filled(kept)
    tidying = asyncio.create_task(kept.pruner.run())
    await kept.done(influxdb=13)
    await until(lambda: kept.seqs() == [11, 12, 13])
    await kept.put(2, 6, age_days=0.0)
    await kept.done(influxdb=14)
    await until(lambda: kept.seqs() == [12, 13, 14])
    tidying.cancel()
    await asyncio.gather(tidying, return_exceptions=True)


@pytest.mark.slow
def test_killed_while_it_tidies_what_is_gone_is_what_it_says(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    moments = random.Random(20260301)
    command = [sys.executable, "-m", "tests.journal.tidying", str(path)]
    seen: dict[int, int] = {}
    for kill in range(KILLS):
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdout.readline()
            before = blocks(path)
            seen |= before
            process.stdin.write(b"tidy\n")
            process.stdin.flush()
            if kill == KILLS - 1:  # at least once it comes to something
                wait_for(lambda before=before: len(blocks(path)) < len(before), 30)  # type: ignore[misc]  # bound
            time.sleep(moments.uniform(0.0, 0.2))  # the random moment is the test
            process.send_signal(signal.SIGKILL)
        left = blocks(path)
        seen |= left
        with History.open(path) as history:
            pruned = history.pruned()
            newest = {entry.seq for entry in history.pruned().newest.values()}
        assert pruned.blocks == len(seen) - len(left)
        assert pruned.rows == sum(seen.values()) - sum(left.values())
        assert pruned.seq == max((seq for seq in seen if seq not in left), default=0)
        assert newest.isdisjoint(left)
    assert pruned.blocks > 0


def blocks(path: Path) -> dict[int, int]:
    """How many rows each block has that is left."""
    with History.open(path) as history:
        return dict(history.query("SELECT seq, rows FROM block"))

"""Judging where samples were let go: what was folded of them stays as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from evaluators.keeping import StoredRun, without_samples
from evaluators.model.samples import Sample
from evaluators.order import order_key
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from evaluators.states import ConditionFold, Runs
from tests.evaluators.building import block, drawn, sample, site, stream, works

HOLD = 6
HERE, NUMBERS = site([[works()]], hold=HOLD), {"d/0": 0}
BEFORE_ALL = -1


class Journal:
    """Samples in the order of arrival, the first ``gone`` of them let go, and what was kept of folding them."""

    def __init__(self) -> None:
        self.arrived: list[Sample] = []
        self.counted: list[Sample] = []
        """Those that came before their neighbours went."""
        self.gone = 0
        self.disk: dict[tuple[object, ...], StoredRun] = {}

    @property
    def horizon(self) -> dict[int, int]:
        """The newest time that is gone."""
        return {0: max(s.time for s in self.arrived[: self.gone])} if self.gone else {}

    def put(self, came: Sample) -> None:
        """One more sample."""
        self.arrived.append(came)
        if came.time > self.horizon.get(0, BEFORE_ALL):
            self.counted.append(came)

    def fold_into(self, standing: Standing, came: Sample) -> None:
        """Fold it, as the assessor does."""
        standing.horizon = self.horizon
        if standing.take(block([came])) and came.time > self.horizon.get(0, BEFORE_ALL):
            since = standing.needed_from(0, came.time)
            assert since > self.horizon.get(0, BEFORE_ALL)
            left = [s for s in self.arrived[self.gone :] if s.time >= since]
            standing.refold(0, sorted(left, key=order_key), came.time)

    def keep(self, standing: Standing) -> None:
        """Keep the runs."""
        self.disk |= {row[:5]: row for row in standing.drain()}

    def runs(self) -> Runs:
        """What folding all that counts gives, from nothing and in order."""
        fold = ConditionFold(works(), HOLD)
        for each in sorted(self.counted, key=order_key):
            assert fold.take(each.time, each.value, each.quality, each.reason)
        return fold.runs


def runs_of(standing: Standing) -> Runs:
    """The runs of the one condition."""
    standing._settle_all()
    (fold,) = standing._rules.folds
    return fold.runs


def last_known(standing: Standing) -> object:
    """When the point was known last."""
    return standing.view(RecordBook(UTC), 200, UTC).last_known()


late = st.tuples(st.integers(0, 59), st.sampled_from("UDx"), st.integers(0, 40), st.booleans())
"""A tick, what came late of it, how many samples are let go then, and whether there is a restart."""


@given(st.text("UUUUUUDx.", min_size=20, max_size=60), st.lists(late, min_size=1, max_size=6))
def test_what_was_let_go_stays_as_it_was_folded(line: str, lates: list[tuple[int, str, int, bool]]) -> None:
    journal, standing = Journal(), Standing(HERE, NUMBERS)
    for each in stream(line):
        journal.put(replace(each, time=2 * each.time))
        journal.fold_into(standing, journal.arrived[-1])
    for at, letter, gone, restart in lates:
        (came,) = stream(letter)
        if 2 * at + 1 in {s.time for s in journal.arrived}:
            continue
        journal.put(replace(came, time=2 * at + 1))
        journal.fold_into(standing, journal.arrived[-1])
        journal.keep(standing)
        journal.gone = max(journal.gone, min(gone, len(journal.arrived) - 1))
        if restart:
            standing = Standing.restore(HERE, NUMBERS, journal.disk.values(), journal.horizon)
    assert runs_of(standing) == journal.runs()
    journal.keep(standing)
    stored = without_samples(journal.disk.values(), journal.horizon)
    anew = Standing.restore(HERE, NUMBERS, stored, journal.horizon)
    for left in journal.arrived[journal.gone :]:
        journal.fold_into(anew, left)
    assert runs_of(anew) == journal.runs()
    assert last_known(anew) == last_known(standing)


def restored(hold: int, disk: dict[tuple[object, ...], StoredRun], horizon: int, point: str = "d/0") -> Standing:
    """A site with another rule, restored and folded anew from what is left of ``UUUDDUUU``."""
    standing = Standing.restore(site([[works(point)]], hold=hold), {point: 0}, disk.values(), {0: horizon})
    assert standing.unfolded == {0}
    standing.refold(0, [s for s in stream("UUUDDUUU") if s.time > horizon])
    disk |= {row[:5]: row for row in standing.drain()}
    return standing


def test_a_rule_that_changed_takes_over_what_it_has_no_samples_of() -> None:
    old = Standing(site([[works()]], hold=3), {"d/0": 0})
    for each in stream("UUUDDUUU"):
        old.take(block([each]))
    disk: dict[tuple[object, ...], StoredRun] = {row[:5]: row for row in old.drain()}
    for hold, horizon in ((9, 3), (12, 5)):
        changed = restored(hold, disk, horizon)
        assert drawn(changed.episodes(0, 8)["lift-0/car"]) == "UUUDDUUU"
    back = Standing.restore(site([[works()]], hold=3), {"d/0": 0}, disk.values(), {0: 6})
    assert back.unfolded == {0}
    back.refold(0, [sample(7, 1)])
    assert drawn(back.episodes(0, 8)["lift-0/car"]) == "UUUDDUUU"


def test_a_rule_that_nobody_had_before_knows_nothing_of_what_is_gone() -> None:
    new = Standing.restore(HERE, NUMBERS, [StoredRun("x/y", 0, 5, "r", 1, 2, 4)], {0: 3})
    new.refold(0, [s for s in stream("UUUUUU") if s.time > 3])
    assert drawn(new.episodes(0, 6)["lift-0/car"]) == "????UU"


def test_where_nothing_is_gone_nothing_of_the_runs_is_needed() -> None:
    standing = Standing(HERE, NUMBERS)
    standing.take(block([sample(0, 1), sample(1, 1)]))
    kept = standing.drain()
    assert [row.reading < 0 for row in without_samples(kept, {})] == [True]
    assert [(row.start, row.end) for row in without_samples(kept, {0: 0}) if row.reading >= 0] == [(0, 0), (0, 1)]

"""The standing of a site: samples folded in, states of every functional item out.

Feeding a `Standing` one block at a time, in any batches, or all at once gives the same episodes. A sample that
comes late and changes the past is reported by `take`; its point must then be folded anew from all of its samples.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from evaluators.model.episodes import Episode
from evaluators.model.records import Declaration
from evaluators.model.samples import Block, Sample, Value
from evaluators.model.site import Item, Site
from evaluators.order import order_key
from evaluators.states import ConditionFold, episodes


class Standing:
    """Folds of all conditions of a site's items. ``numbers``: the number in blocks of each point key."""

    def __init__(self, site: Site, numbers: Mapping[str, int]) -> None:
        self._site = site
        holds = {point.key: point.hold_ns for point in site.points}
        self._folds: dict[str, list[ConditionFold]] = {}
        self._by_point: dict[int, list[ConditionFold]] = {}
        for item in site.items():
            folds = [ConditionFold(condition, holds[condition.point]) for condition in item.conditions]
            self._folds[item.key] = folds
            for fold in folds:
                self._by_point.setdefault(numbers[fold.condition.point], []).append(fold)

    @property
    def points(self) -> frozenset[int]:
        """The points that some item's rule looks at."""
        return frozenset(self._by_point)

    def take(self, block: Block) -> frozenset[int]:
        """Fold a block in; returns the points that must be folded anew (`refold`), since the past changed."""
        late = set()
        for part in block.columns:
            values: Sequence[Value] = part.values
            rows = zip(part.points, part.times, values, part.qualities, part.reasons, strict=True)
            for point, time, value, quality, reason in rows:
                for fold in self._by_point.get(point, ()):
                    if not fold.take(time, value, quality, reason):
                        late.add(point)
        return frozenset(late)

    def refold(self, point: int, samples: Iterable[Sample]) -> None:
        """Fold one point anew from all samples, in any order; the last of one identity in content order wins."""
        folds = self._by_point[point]
        for fold in folds:
            fold.runs.clear()
        for _, same in groupby(sorted(samples, key=order_key), key=lambda sample: sample.time):
            *_, winner = same
            for fold in folds:
                fold.take(winner.time, winner.value, winner.quality, winner.reason)

    def episodes(
        self, start: int, end: int, declarations: Iterable[Declaration] = ()
    ) -> dict[str, tuple[Episode, ...]]:
        """Every item's states over ``[start, end)``, by item key, as known at ``end``."""
        stated = tuple(declarations)
        return {
            item.key: episodes(item, self._folds[item.key], start, end, stated, required_from(self._site, item))
            for item in self._site.items()
        }


def required_from(site: Site, item: Item) -> int | None:
    """The instant (ns UTC) from which the item counts: the later of its hand-over and the start of judging."""
    starts = [at for at in (site.judged_from, item.required_from) if at is not None]
    return max(starts, default=None)

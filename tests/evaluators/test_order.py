"""The order of judging."""

from itertools import pairwise

from evaluators.model.samples import Quality, Reason, Sample, Value
from evaluators.order import content_key, order_key


def held(value: Value | None, quality: Quality = Quality.GOOD, reason: Reason = Reason.NONE) -> Sample:
    """A sample of one identity."""
    return Sample(1, 10, value, quality, reason, 99)


def test_of_one_identity_the_worse_quality_wins_then_the_larger_value() -> None:
    ascending = [
        held(1),
        held(2),
        held(0.0),
        held(1.5),
        held(-0.0),
        held("a"),
        held("开"),
        held(True, Quality.UNCERTAIN, Reason.OUT_OF_SERVICE),
        held(None, Quality.BAD, Reason.TIMEOUT),
        held(1, Quality.BAD, Reason.FAULT),
    ]
    keys = [content_key(sample) for sample in ascending]
    assert all(a < b for a, b in pairwise(keys))


def test_source_time_comes_before_point_and_arrival_never_counts() -> None:
    early, late = Sample(9, 1, 0, Quality.GOOD, Reason.NONE, 500), Sample(1, 2, 0, Quality.GOOD, Reason.NONE, 3)
    assert order_key(early) < order_key(late)

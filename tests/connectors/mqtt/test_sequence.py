"""Sequence numbers: what is a loss, and what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mqtt.sequence import Sequence


@pytest.mark.parametrize(
    ("numbers", "lost"),
    [
        ([], 0),
        ([1000], 0),  # the first is nothing's successor
        ([1, 2, 3], 0),
        ([1, 3], 1),
        ([1, 5, 6, 9], 5),
        ([7, 8, 0, 1], 0),  # it started anew
        ([65534, 65535, 0, 1], 0),  # it went round
        ([4, 5, 6, 5, 6, 7], 0),  # delivered again after a broken session
        ([4, 4], 0),
        ([-3, -1], 1),
    ],
)
def test_losses(numbers: list[int], lost: int) -> None:
    sequence = Sequence()
    assert sum(sequence.observe(number) for number in numbers) == lost


@given(st.sets(st.integers(0, 50), min_size=1))
def test_every_missing_number_is_counted_once(arrived: set[int]) -> None:
    sequence = Sequence()
    lost = sum(sequence.observe(number) for number in sorted(arrived))
    assert lost == max(arrived) - min(arrived) + 1 - len(arrived)

"""What is settled stays out of the collector's way, but is let go once nobody needs it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from agent.memory import settle


class Knot:
    """Something only a collection can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    settle()


def test_what_is_settled_is_not_looked_at_by_a_collection() -> None:
    knot = Knot()
    seen = weakref.ref(knot)
    settle()
    del knot
    gc.collect()
    assert seen() is not None


def test_what_was_settled_and_is_no_longer_needed_goes_with_the_next() -> None:
    knot = Knot()
    seen = weakref.ref(knot)
    settle()
    del knot
    settle()
    assert seen() is None

"""Which samples bear a time that cannot be trusted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.intake import Intake
from connectors.protocol import Poison
from evaluators.model.episodes import State
from evaluators.model.samples import MOST_EARLY_NS, Block, BlockBuilder, Quality, Reason, Sample, ValueKind
from evaluators.model.site import Condition
from evaluators.states import read

NOW = 1_772_323_200_000_000_000


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    async def put(self, block: Block) -> None:
        """Keep it."""
        self.blocks.append(block)

    async def quarantine(self, poison: Sequence[Poison]) -> None:
        """Nothing here is unreadable."""
        raise AssertionError(poison)


async def taken(
    *rows: tuple[int, Quality, Reason], mark: Reason = Reason.NONE, uncommissioned: frozenset[int] = frozenset()
) -> list[Sample]:
    """Rows (ns after receipt, quality, reason), one a point, after they were taken in."""
    builder = BlockBuilder("field")
    for point, (after, quality, reason) in enumerate(rows):
        builder.add(point, ValueKind.INT, NOW + after, 1 if reason.carries_value else None, quality, reason)
    sink = Kept()
    await Intake(sink, uncommissioned, lambda: mark).put(builder.build(NOW))
    return list(sink.blocks[0].samples())


GOOD = (Quality.GOOD, Reason.NONE)


async def test_a_source_time_up_to_a_minute_ahead_is_believed_and_what_is_more_is_early() -> None:
    found = await taken((0, *GOOD), (MOST_EARLY_NS, *GOOD), (MOST_EARLY_NS + 1, *GOOD), (-(10**15), *GOOD))
    assert [sample.reason for sample in found] == [Reason.NONE, Reason.NONE, Reason.EARLY, Reason.NONE]
    assert [sample.quality for sample in found] == [Quality.GOOD, Quality.GOOD, Quality.UNCERTAIN, Quality.GOOD]
    assert found[2].time == NOW + MOST_EARLY_NS + 1, "it keeps its time, and its value"
    assert found[2].value == 1


@pytest.mark.parametrize("mark", [Reason.CLOCK_NOT_SET, Reason.CLOCK_STEP])
async def test_while_the_clock_is_wrong_only_what_a_device_alone_can_have_timed_is_good(mark: Reason) -> None:
    found = await taken(
        (0, *GOOD),
        (-5, *GOOD),
        (1, *GOOD),
        (MOST_EARLY_NS + 1, *GOOD),
        (0, Quality.UNCERTAIN, Reason.OVERRIDDEN),
        (0, Quality.BAD, Reason.TIMEOUT),
        mark=mark,
    )
    assert [sample.reason for sample in found] == [mark, mark, Reason.NONE, Reason.NONE, mark, Reason.TIMEOUT]


async def test_what_nobody_has_proved_is_marked_for_its_time_too() -> None:
    found = await taken((0, *GOOD), (MOST_EARLY_NS + 1, *GOOD), uncommissioned=frozenset({0, 1}))
    assert [sample.reason for sample in found] == [Reason.NOT_COMMISSIONED, Reason.EARLY]


@pytest.mark.parametrize("reason", [Reason.CLOCK_NOT_SET, Reason.CLOCK_STEP, Reason.EARLY])
def test_such_samples_say_nothing_of_an_item_even_where_it_takes_uncertain_ones(reason: Reason) -> None:
    said = read(Condition("d/0", one_of=(1,), accept_uncertain=True), 1, Quality.UNCERTAIN, reason)
    assert (said.state, said.known, said.reason) == (State.UNKNOWN, False, reason)

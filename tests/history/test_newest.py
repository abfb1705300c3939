"""Following the newest sample of each point gives what looking for it anew gives."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from agent.history.history import History
from agent.history.newest import NewestView
from evaluators.model.samples import BlockBuilder, Reason, ValueKind
from tests.journal.rows import levels, opened


@pytest.mark.parametrize("seed", range(6))
async def test_followed_or_looked_for_anew_it_is_the_same(tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    journal = opened(tmp_path / "journal.db")
    builder = BlockBuilder("line")
    kinds = {1: ValueKind.INT, 2: ValueKind.FLOAT, 3: ValueKind.TEXT}
    with History.open(journal.path) as history, History.open(journal.path) as other:
        early = NewestView(history)
        assert dict(early.samples()) == {}
        late = NewestView(other)
        for number in range(120):
            for point in random.sample(sorted(kinds), random.randint(1, 3)):
                time = number + random.choice([0, 0, 0, 0, -1, -5, 3])
                if random.random() < 0.2:
                    builder.bad(point, kinds[point], time, random.choice([Reason.TIMEOUT, Reason.OFFLINE]))
                else:
                    value = random.randint(0, 2)
                    builder.add(point, kinds[point], time, str(value) if point == 3 else value)
                if random.random() < 0.1:
                    builder.bad(point, kinds[point], time + random.choice([0, 1]), Reason.OFFLINE)
            await journal.put(builder.build(1000 + number))
            if number % 7 == 0:
                before = early.samples()
                assert dict(before) == history.newest()
                assert len(before) == len(history.newest())
                if number > 60:
                    assert dict(late.samples()) == dict(before)
    await journal.close()


async def test_what_was_handed_out_does_not_change(tmp_path: Path) -> None:
    journal = opened(tmp_path / "journal.db")
    with History.open(journal.path) as history:
        view = NewestView(history)
        await journal.put(levels((1, 5)))
        first = view.samples()
        await journal.put(levels((2, 6)))
        assert (view.samples()[1].value, first[1].value, list(first)) == (6, 5, [1])
        with pytest.raises(KeyError):
            first[2]
    await journal.close()

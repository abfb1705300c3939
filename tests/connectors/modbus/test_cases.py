"""The folders of ``testcases``: points as in a site file, what the registers hold, and what must come of it.

``requests`` are those of the second poll, when refused addresses are known. A sample is its value, or the label of
its reason. A new case is a new folder; it needs no code.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from connectors.modbus.settings import Point
from connectors.protocol import BoundPoint
from evaluators.model.samples import Block, Sample
from tests.connectors.modbus.field import KINDS, Recorder, a_connector, a_device, refusal, running, spelled, wire
from tests.waiting import until

CASES = sorted(path for path in (Path(__file__).parent / "testcases").iterdir() if path.is_dir())
TABLES = {1: "coil", 2: "discrete", 3: "holding", 4: "input"}


def held(registers: dict[str, dict[str, list[int]]]) -> dict[tuple[str, int], int]:
    """What is at each address that there is."""
    return {
        (table, int(start) + n): word
        for table, runs in registers.items()
        for start, words in runs.items()
        for n, word in enumerate(words)
    }


def shown(sample: Sample) -> object:
    """As ``expected.json`` writes it."""
    return sample.reason.label or sample.value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_case(case: Path) -> None:
    config = tomllib.loads((case / "config.toml").read_text(encoding="utf-8"))
    words = held(tomllib.loads((case / "registers.toml").read_text(encoding="utf-8")))
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    known = [Point.model_validate(settings) for settings in config["points"].values()]
    points = [
        BoundPoint(n, f"meter/{name}", KINDS[known[n].type], known[n]) for n, name in enumerate(config["points"])
    ]

    async def answer(frame: bytes) -> bytes:
        table, address, count = TABLES[frame[7]], *asked(frame)
        wanted = [words.get((table, at)) for at in range(address, address + count)]
        present = [word for word in wanted if word is not None]
        return spelled(frame, present) if len(present) == count else refusal(frame, 2)

    def asked(frame: bytes) -> tuple[int, int]:
        return int.from_bytes(frame[8:10], "big"), int.from_bytes(frame[10:12], "big")

    async with wire(answer) as server:
        device = a_device("meter", server.port, points, **config.get("device", {}))
        marks: list[int] = []

        class Marking(Recorder):
            async def put(self, block: Block) -> None:
                await super().put(block)
                marks.append(len(server.frames))

        async with running(a_connector(device), Marking()) as sink:
            await until(lambda: len(sink.blocks) >= 2)
    again = server.frames[marks[0] : marks[1]]
    assert [[TABLES[frame[7]], *asked(frame)] for frame in again] == expected["requests"]
    for block in sink.blocks:
        found = {list(config["points"])[sample.point]: shown(sample) for sample in block.samples()}
        assert found == expected["samples"]
        assert {name: type(value) for name, value in found.items()} == {
            name: type(value) for name, value in expected["samples"].items()
        }

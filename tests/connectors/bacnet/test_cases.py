"""Folders of ``testcases/``: points and answers in ``case.toml``, requests and rows in ``expected.toml``.

A new case is a new folder. ``bytes`` are hexadecimal; an ask is written "object type,instance property[element]",
in numbers. ``error`` is what an answer says that cannot be used as a whole.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from connectors.bacnet.decode import Foreign, Outcome, Reading, add_rows, readings
from connectors.bacnet.names import resolved
from connectors.bacnet.plan import Ask, asks_of, pack
from connectors.bacnet.tags import Malformed
from evaluators.model.samples import BlockBuilder, Reason
from tests.connectors.bacnet.field import a_device, a_point

CASES = sorted(path.parent for path in (Path(__file__).parent / "testcases").glob("*/case.toml"))
ARRIVAL = 1_000


def written(ask: Ask) -> str:
    """The ask as the files have it."""
    element = "" if ask.element is None else f"[{ask.element}]"
    return f"{ask.object.type},{ask.object.instance} {ask.property}{element}"


@pytest.mark.parametrize("folder", CASES, ids=lambda folder: folder.name)
def test_case(folder: Path) -> None:
    case = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    expected = tomllib.loads((folder / "expected.toml").read_text(encoding="utf-8"))
    points = [a_point(n, **settings) for n, settings in enumerate(case["points"], 1)]
    device = resolved(a_device(47808, *points, max_properties=case.get("max_properties", 50)))
    requests = pack(asks_of(device.targets, device.witnesses), device.settings.max_properties)
    found: dict[str, Any] = {
        "requests": [
            {"service": request.service, "asks": [written(ask) for ask in request.asks]} for request in requests
        ]
    }

    outcomes: dict[Ask, Outcome] = {}
    for time, (request, answer) in enumerate(zip(requests, case["answers"], strict=True), ARRIVAL):
        try:
            answered = readings(request, bytes.fromhex("".join(answer["bytes"])))
        except (Malformed, Foreign) as error:
            found["error"] = str(error)
        else:
            outcomes |= {ask: Outcome(reading, time) for ask, reading in answered.items()}

    builder = BlockBuilder("bms")
    add_rows(device.targets, outcomes, Outcome(Reading(reason=Reason.TIMEOUT), 9_999), builder)
    found["rows"] = [
        {
            "point": sample.point,
            "time": sample.time,
            **({} if sample.value is None else {"value": sample.value}),
            "quality": sample.quality.name.lower(),
            "reason": sample.reason.label,
        }
        for sample in sorted(builder.build(9_999).samples(), key=lambda sample: sample.point)
    ]
    assert found == expected


def test_there_are_cases() -> None:
    assert len(CASES) >= 6

"""The folders of ``testcases``: devices as in a site file, one payload, and what must come of it.

A sample is its time, quality, reason and value. A new case is a new folder; it needs no code.
"""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.decode import Decoded, DeviceDecoder, Unreadable, parse
from connectors.mqtt.settings import Device, Point
from connectors.protocol import BoundDevice, BoundPoint
from evaluators.model.samples import BlockBuilder, Sample
from evaluators.model.times import instant, moment
from tests.connectors.mqtt.field import KINDS

CASES = sorted(path for path in (Path(__file__).parent / "testcases").iterdir() if path.is_dir())


def bound(devices: dict[str, dict[str, Any]]) -> list[BoundDevice[Device, Point]]:
    """The devices of a site file with their points numbered through."""
    found: list[BoundDevice[Device, Point]] = []
    number = 0
    for name, table in devices.items():
        points = []
        for key, settings in table.pop("points").items():
            points.append(
                BoundPoint(number, f"{name}/{key}", KINDS[settings["type"]], Point.model_validate(settings))
            )
            number += 1
        found.append(BoundDevice(name, Device.model_validate(table), tuple(points)))
    return found


def shown(sample: Sample) -> list[object]:
    """As ``expected.json`` writes it."""
    at = f"{moment(sample.time):%Y-%m-%dT%H:%M:%S}.{sample.time % 10**9:09}Z"
    return [at, sample.quality.name.lower(), sample.reason.label, sample.value]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Path) -> None:
    config = tomllib.loads((case / "config.toml").read_text(encoding="utf-8"))
    [payload] = case.glob("payload.*")
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    devices = bound(config["devices"])
    received = instant(config["received"])
    builder = BlockBuilder("broker")
    decoded: dict[str, Decoded] = {}
    for device in devices:
        decoder = DeviceDecoder(device)
        try:
            document = parse(payload.read_bytes())
        except Unreadable as error:
            decoded[device.id] = decoder.fail(str(error), received, builder)
        else:
            decoded[device.id] = decoder.decode(document, received, builder, config.get("retained", False))
    keys = {point.index: point.key for device in devices for point in device.points}
    samples = {keys[sample.point]: sample for sample in builder.build(received).samples()}
    assert {key: shown(sample) for key, sample in samples.items()} == expected["samples"]
    for key, sample in samples.items():
        assert type(sample.value) is type(expected["samples"][key][3])
    assert {name: each.problem for name, each in decoded.items() if each.problem} == expected.get("problem", {})
    assert {name: each.sequence for name, each in decoded.items() if each.sequence is not None} == expected.get(
        "sequence", {}
    )

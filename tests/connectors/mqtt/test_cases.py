"""The folders of ``testcases``: devices as in a site file, one payload, and what must come of it.

A sample is its time, quality, reason and value; where a message holds several of a point there is a list of them.
``problem`` is what the health of a device then says, ``poison`` what is said of the message in quarantine. A new
case is a new folder; it needs no code.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from connectors.mqtt.feed import Feed, Listener, Post
from connectors.mqtt.inbox import Message
from connectors.mqtt.payload import Payload
from connectors.mqtt.settings import Device, Point
from connectors.mqtt.topics import Router
from connectors.protocol import BoundDevice, BoundPoint
from evaluators.model.samples import BlockBuilder, Sample
from evaluators.model.times import instant, moment
from tests.connectors.mqtt.field import KINDS

CASES = sorted(path for path in (Path(__file__).parent / "testcases").iterdir() if path.is_dir())
UNTIMED = "messages carry no time: one delivered again cannot be recognised"


def bound(devices: dict[str, dict[str, Any]]) -> list[BoundDevice[Device, Point]]:
    """The devices of a site file with their points numbered through."""
    found: list[BoundDevice[Device, Point]] = []
    number = 0
    for name, table in devices.items():
        points = []
        settings = {key: value for key, value in table.items() if key != "points"}
        for key, point in table["points"].items():
            points.append(BoundPoint(number, f"{name}/{key}", KINDS[point["type"]], Point.model_validate(point)))
            number += 1
        found.append(BoundDevice(name, Device.model_validate(settings), tuple(points)))
    return found


class Desk:
    """Devices and what takes their messages, as in the connector, without a broker."""

    def __init__(self, devices: Sequence[BoundDevice[Device, Point]]) -> None:
        self.feeds = {device.id: Feed(device) for device in devices}
        self.router: Router[Listener] = Router(each for feed in self.feeds.values() for each in feed.listeners())
        self.keys = {point.index: point.key for device in devices for point in device.points}
        self.kinds = {point.index: point.kind for device in devices for point in device.points}

    def take(
        self, topic: str, raw: bytes, received: int, retained: bool = False
    ) -> tuple[dict[str, list[Sample]], set[str]]:
        """The samples of a message by the key of their point, and what is wrong with it."""
        builder = BlockBuilder("broker")
        post = Post(Message(topic, raw, len(raw), retained, 1, 1, received), Payload(raw), 0.0, builder)
        problems = {listener(post) for listener in self.router.route(topic)} | {post.payload.stray}
        samples: dict[str, list[Sample]] = {}
        for sample in builder.build(received).samples():
            samples.setdefault(self.keys[sample.point], []).append(sample)
        return samples, problems - {""}

    def problems(self) -> dict[str, str]:
        """What the health of each device says of its messages."""
        details = {name: feed.watch.health(0.0).detail for name, feed in self.feeds.items()}
        shown = {name: detail.removesuffix(UNTIMED).removesuffix("; ") for name, detail in details.items()}
        return {name: detail for name, detail in shown.items() if detail not in ("", "not started")}


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
    desk = Desk(devices)
    topic = config.get("topic", devices[0].settings.topic)
    samples, poison = desk.take(
        topic, payload.read_bytes(), instant(config["received"]), config.get("retained", False)
    )
    found = {key: [shown(sample) for sample in rows] for key, rows in samples.items()}
    wanted = {key: rows if isinstance(rows[0], list) else [rows] for key, rows in expected["samples"].items()}
    assert found == wanted
    assert [[type(row[3]) for row in rows] for rows in found.values()] == [
        [type(row[3]) for row in wanted[key]] for key in found
    ]
    assert desk.problems() == expected.get("problem", {})
    assert sorted(poison) == expected.get("poison", [])

"""Payloads bent in every way, seeded: nothing raises, nothing hangs, and no value ever lands on another point.

``STEWARD_MUTATIONS`` says how many (40,000 where nothing is said; half bend bytes, half bend the document).
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from connectors.mqtt.times import EARLIEST_NS, MOST_AHEAD_NS
from evaluators.model.samples import Quality, Sample, ValueKind
from tests.connectors.mqtt.test_cases import Desk, bound

MUTATIONS = int(os.environ.get("STEWARD_MUTATIONS", "40000"))
NOW = 1_769_832_000 * 10**9

SITE: dict[str, dict[str, Any]] = {
    **{
        f"meter-{n}": {
            "connection": "b", "topic": "site/meters", "address": f"M{n}", "records": "readings",
            "address_path": "meter", "time": "ts", "time_format": "ms", "sequence": "n",
            "points": {
                "energy": {"type": "int", "path": "e", "number": "text"},
                "power": {"type": "float", "path": "p.now", "scale": 0.5},
                "state": {"type": "text", "path": "s", "values": {f"{n}": f"state-{n}", f"on-{n}": f"on-{n}"}},
            },
        }
        for n in (1, 2, 3)
    },
    "chiller": {
        "connection": "b", "topic": "site/chiller/#", "records": "values", "tag_path": "name", "time": "at",
        "time_zone": "Asia/Shanghai", "status_topic": "site/chiller/state", "status_path": "is",
        "points": {
            "supply": {"type": "float", "tag": "T1", "path": "v", "number": "comma"},
            "return": {"type": "float", "tag": "T2", "path": "v"},
            "running": {"type": "bool", "tag": "R", "path": "v", "values": {"ON": True, "OFF": False}},
        },
    },
    "odd": {
        "connection": "b", "topic": "site/meters", "time": "sent", "time_format": "%d.%m.%Y %H:%M:%S",
        "time_zone": "Asia/Shanghai",
        "points": {
            "first": {"type": "int", "path": "readings[0].e"},
            "sum": {"type": "float", "path": "sum(readings[*].p.now)"},
            "best": {"type": "text", "path": "sort_by(readings, &meter)[-1].meter"},
        },
    },
}  # fmt: skip


def meters(chance: random.Random) -> dict[str, Any]:
    """A message of three meters. Every value tells whose it is: meter n has n million and something of energy."""
    readings = []
    for n in (chance.choice((1, 2, 3)) for _ in range(4)):
        energy = n * 1_000_000 + chance.randrange(1000)
        readings.append(
            {
                "meter": f"M{n}", "ts": NOW // 10**6 - chance.randrange(10**6), "n": chance.randrange(9),
                "e": str(energy) if chance.random() < 0.5 else energy, "p": {"now": n * 1000 + chance.random()},
                "s": chance.choice([n, f"on-{n}"]),
            }
        )  # fmt: skip
    return {"sent": "31.01.2026 11:59:58", "readings": readings}


def chiller(chance: random.Random) -> dict[str, Any]:
    """Values by tag: supply is 7 point something, return 12 point something."""
    values = [
        {"name": "T1", "v": f"7,{chance.randrange(1000)}"},
        {"name": "T2", "v": 12 + chance.random()},
        {"name": "R", "v": chance.choice(["ON", "OFF"])},
        {"name": "T2", "v": 12 + chance.random(), "at": "2026-01-31T11:59:59"},
    ]
    return {"at": "2026-01-31 11:59:58", "values": values, "is": chance.choice(["on", "offline"])}


def _million(n: int) -> Callable[[Any], bool]:
    return lambda value: value // 1_000_000 == n


def _power(n: int) -> Callable[[Any], bool]:
    return lambda value: n * 500 <= value < n * 500 + 1


def _state(n: int) -> Callable[[Any], bool]:
    return lambda value: value in (f"state-{n}", f"on-{n}")


OWN: dict[str, Callable[[Any], bool]] = {
    **{f"meter-{n}/energy": _million(n) for n in (1, 2, 3)},
    **{f"meter-{n}/power": _power(n) for n in (1, 2, 3)},
    **{f"meter-{n}/state": _state(n) for n in (1, 2, 3)},
    "chiller/supply": lambda value: 7 <= value < 8,
    "chiller/return": lambda value: 12 <= value < 13,
    "chiller/running": lambda value: isinstance(value, bool),
}
"""What the values of each point look like, whatever befalls a document short of a value itself."""

TYPES = {ValueKind.FLOAT: float, ValueKind.INT: int, ValueKind.BOOL: bool, ValueKind.TEXT: str}
MAKERS: dict[str, Callable[[random.Random], dict[str, Any]]] = {
    "site/meters": meters,
    "site/chiller/up": chiller,
    "site/chiller/state": chiller,
}
WORDS: list[object] = [
    "M1",
    "M2",
    "T1",
    "T2",
    "ts",
    "",
    "null",
    None,
    [],
    {},
    0,
    -1,
    2**64,
    10**400,
    1e308,
    float("nan"),
    True,
]


def bent_bytes(raw: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, left out, doubled or cut off."""
    data = bytearray(raw)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[at : at + chance.randint(1, 9)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 30)]
            case 3:
                del data[at:]
            case _:
                data[at:at] = chance.choice(
                    [b"[" * 50, b"9" * 500, b"\xff", b"\\ud800", b"1e999", b"{}", b",", b'"']
                )
    return bytes(data)


def bent_document(document: Any, chance: random.Random) -> Any:
    """Keys and entries left out, moved about, doubled or replaced by what no value of a point looks like."""
    nodes: list[Any] = []
    _collect(document, nodes)
    for _ in range(chance.randint(1, 3)):
        node = chance.choice(nodes)
        if not node:
            continue
        if isinstance(node, list):
            at = chance.randrange(len(node))
            match chance.randrange(4):
                case 0:
                    del node[at]
                case 1:
                    node.insert(chance.randrange(len(node)), node[at])
                case 2:
                    chance.shuffle(node)
                case _:
                    node[at] = chance.choice([None, "x", 3, [], [node[at]], {}])
        else:
            key = chance.choice(list(node))
            match chance.randrange(3):
                case 0:
                    del node[key]
                case 1 if key not in ("e", "p", "now", "s", "v"):
                    node[key] = (
                        chance.choice(WORDS) if key not in ("meter", "name") else chance.choice([None, [], "?"])
                    )
                case _:
                    node[chance.choice(["x", "y", "meter2"])] = node[key]
    return document


def _collect(node: Any, into: list[Any]) -> None:
    if isinstance(node, dict | list):
        into.append(node)
        for below in node.values() if isinstance(node, dict) else node:
            _collect(below, into)


def check(desk: Desk, samples: dict[str, list[Sample]], topic: str) -> None:
    """Every row is of a device that listens, in its point's type, at a time that can be."""
    for key, rows in samples.items():
        assert key.startswith("chiller" if "chiller" in topic else ("meter-", "odd"))
        for sample in rows:
            assert EARLIEST_NS <= sample.time <= NOW + MOST_AHEAD_NS
            if sample.quality is Quality.GOOD:
                assert type(sample.value) is TYPES[desk.kinds[sample.point]]
                str(sample.value).encode()


@pytest.mark.parametrize("seed", [1, 2])
def test_bent_bytes_never_raise(seed: int) -> None:
    desk, chance = Desk(bound(SITE)), random.Random(seed)
    read = 0
    for _ in range(MUTATIONS // 4):
        topic = chance.choice(list(MAKERS))
        raw = bent_bytes(json.dumps(MAKERS[topic](chance)).encode(), chance)
        samples, poison = desk.take(topic, raw, NOW, retained=chance.random() < 0.1)
        check(desk, samples, topic)
        read += not poison
    assert read > MUTATIONS // 100  # most are poison, but not all: else this would show nothing


@pytest.mark.parametrize("seed", [3, 4])
def test_bent_documents_never_give_one_point_the_value_of_another(seed: int) -> None:
    desk, chance = Desk(bound(SITE)), random.Random(seed)
    good = 0
    for _ in range(MUTATIONS // 4):
        topic = chance.choice(list(MAKERS))
        raw = json.dumps(bent_document(MAKERS[topic](chance), chance)).encode()
        samples, _ = desk.take(topic, raw, NOW)
        check(desk, samples, topic)
        for key, rows in samples.items():
            for sample in rows:
                if sample.quality is Quality.GOOD and key in OWN:
                    good += 1
                    assert OWN[key](sample.value), (key, sample, raw)
    assert good > MUTATIONS // 4


def test_the_check_itself_can_fail() -> None:
    """Two meters with each other's addresses."""
    swapped = {**SITE, "meter-1": {**SITE["meter-1"], "address": "M2"}}
    samples, _ = Desk(bound(swapped)).take("site/meters", json.dumps(meters(random.Random(5))).encode(), NOW)
    wrong = [key for key, rows in samples.items() for row in rows if key in OWN and row.value is not None
             and not OWN[key](row.value)]  # fmt: skip
    assert "meter-1/energy" in wrong

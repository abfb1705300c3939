"""The agent against what really happened, on real sockets and a real broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from config.site import load_site
from evaluators.model.episodes import Episode, State
from evaluators.model.times import SECOND_NS
from tests.e2e.checks import broken_spans, edges, episodes, interval, true_episodes, wait_for
from tests.e2e.site import ROOT, Tower
from tests.services.mosquitto import Mosquitto

SCENARIOS = ROOT / "tests" / "e2e" / "scenarios"
ANSWER_NS = SECOND_NS // 2
"""What a poll may take on top of its period until its answer is there."""

pytestmark = [pytest.mark.service, pytest.mark.slow]


@contextmanager
def played(folder: Path, broker: Mosquitto, scenario: str, until_s: float) -> Iterator[Tower]:
    """A tower in which a scenario was played to its end with the agent watching from before its first event."""
    tower = Tower(folder)
    tower.write(broker_port=broker.port)
    with tower.building(str(SCENARIOS / scenario), f"{broker.host}:{broker.port}"), tower.agent():
        begin = tower.truth()[0]["t"]
        wait_for(lambda: time.time_ns() > begin + until_s * SECOND_NS, until_s + 10)
    yield tower


def watched_from(found: dict[str, tuple[Episode, ...]]) -> int:
    """When every item had been known for the first time."""
    return max(next(e.start for e in track if e.state is not State.UNKNOWN) for track in found.values())


def periods(tower: Tower) -> dict[str, int]:
    """The longest period (ns) of the devices that an item's rule looks at, by item."""
    site = load_site(tower.site_file).site
    holds = {point.key: point.hold_ns // 3 for point in site.points}
    return {item.key: max(holds[condition.point] for condition in item.conditions) for item in site.items()}


def test_episodes_match_the_truth_within_a_period_where_the_wire_was_whole(
    tmp_path: Path, mosquitto: Mosquitto
) -> None:
    with played(tmp_path, mosquitto, "whole.toml", 24) as tower:
        begin = tower.truth()[0]["t"]
        end = begin + 22 * SECOND_NS
        found = episodes(tower, begin, end)
        start = watched_from(found)
        assert start < begin + 7 * SECOND_NS, "the agent was not watching before the first event"
        changed = 0
        for item, period in periods(tower).items():
            seen = edges([e for e in found[item] if e.end > start])
            real = edges(true_episodes(tower, item, start, end))
            assert [state for state, _ in seen] == [state for state, _ in real], (item, seen, real)
            for (_, at), (_, truly_at) in zip(seen, real, strict=True):
                assert 0 <= at - truly_at <= period + ANSWER_NS, (item, (at - truly_at) / SECOND_NS)
            changed += len(real)
        assert changed == 12, "six items went down and came up again"


def test_the_interval_holds_the_truth_where_the_wire_was_broken(tmp_path: Path, mosquitto: Mosquitto) -> None:
    with played(tmp_path, mosquitto, "broken.toml", 32) as tower:
        begin = tower.truth()[0]["t"]
        end = begin + 30 * SECOND_NS
        found = episodes(tower, begin, end)
        start = watched_from(found)
        assert start < begin + 7 * SECOND_NS, "the agent was not watching before the first event"
        site = load_site(tower.site_file).site
        unknown = 0
        for item in site.items():
            low, high = interval(found[item.key], start, end)
            truth, _ = interval(true_episodes(tower, item.key, start, end), start, end)
            # An edge is seen up to one poll late; where the wire was whole that is all the figures may be off.
            late = Fraction(2 * (periods(tower)[item.key] + ANSWER_NS), end - start)
            assert low - late <= truth <= high + late, item.key
            for device in {condition.point.partition("/")[0] for condition in item.conditions}:
                for broke, mended in broken_spans(tower, device, end):
                    states = {e.state for e in found[item.key] if e.start < mended and e.end > broke + ANSWER_NS}
                    assert State.UP not in states, (item.key, device)
                    unknown += State.UNKNOWN in states
        assert unknown >= 6


def test_what_cannot_be_read_says_why(tmp_path: Path, mosquitto: Mosquitto) -> None:
    tower = Tower(tmp_path)
    tower.write(broker_port=mosquitto.port)
    broker = f"{mosquitto.host}:{mosquitto.port}"
    expected = {
        "fire-panel": "timeout",
        "meter-hvac": "timeout",
        "fire-pump": "illegal_address",
        "generator": "device_failure",
        "lift-gateway": "offline",
        "water-meter": "malformed",
    }
    with tower.building(str(SCENARIOS / "broken.toml"), broker), tower.agent():
        begin = tower.truth()[0]["t"]
        wait_for(lambda: time.time_ns() > begin + 16 * SECOND_NS, 30)
        rows = {row["point"]: row for row in tower.ask("samples")}
        reasons = {
            device: {r["reason"] for p, r in rows.items() if p.startswith(f"{device}/")} for device in expected
        }
        assert reasons == {device: {reason} for device, reason in expected.items()}
        well = [row for point, row in rows.items() if point.partition("/")[0] not in expected]
        assert {row["quality"] for row in well} == {"good"}, "what is broken touches nothing else"
        status = tower.ask("status")
        links = {row["device"]: row["link"] for row in status["devices"]}
        assert status["running"]
        assert links["ahu"] == "up"
        assert links["meter-hvac"] in ("down", "backing_off")
        wait_for(lambda: {row["quality"] for row in tower.ask("samples")} == {"good"}, 40)

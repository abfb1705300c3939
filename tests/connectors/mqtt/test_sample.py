"""The sample and the README against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import connectors.mqtt
from connectors.mqtt.health import SILENT_PERIODS
from connectors.mqtt.inbox import MOST_BYTES_WAITING, MOST_WAITING
from connectors.mqtt.listener import FIRST_RETRY_S, LAST_RETRY_S, MOST_AT_ONCE, POISON_KEPT
from connectors.mqtt.payload import MAX_PAYLOAD_BYTES, MOST_RECORDS
from connectors.mqtt.session import BRIEF_SESSIONS, STEADY_S
from connectors.mqtt.settings import Connection
from evaluators.model.samples import Reason
from evaluators.model.times import SECOND_NS
from tests.connectors.mqtt.test_cases import Desk, bound

FOLDER = Path(connectors.mqtt.__file__).parent
SAMPLE = (FOLDER / "sample.toml").read_text(encoding="utf-8")
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_the_sample_is_a_site_files_own_and_its_payloads_are_read() -> None:
    tables = tomllib.loads(SAMPLE)
    assert set(tables) == {"connections", "devices"}
    for table in tables["connections"].values():
        Connection.model_validate(table)
    devices = {device.id: device for device in bound(tables["devices"])}
    assert {device.settings.connection for device in devices.values()} == set(tables["connections"])
    desk = Desk(list(devices.values()))
    received = 1_769_832_060 * SECOND_NS
    water, lifts = re.findall(r"# (\{.*\})$", SAMPLE, re.MULTILINE)
    supply, fan = re.findall(r"\} # (.*)$", SAMPLE, re.MULTILINE)
    topics = ("building/water", "building/west/lifts", "hvac/ahu-1/Zuluft", "hvac/ahu-1/fan")
    found: dict[str, object] = {}
    for topic, text in zip(topics, (water, lifts, supply, fan), strict=True):
        samples, poison = desk.take(topic, text.encode(), received)
        assert poison == set()
        found |= {key: sample.value for key, [sample] in samples.items()}
        assert all(sample.time < received or "hvac" in topic for [sample] in samples.values())
    assert found == {
        "meter-water/volume": 1234567,
        "meter-water/leak": False,
        "lift-2/mode": "检修",
        "ahu-1/supply": 21.5,
        "ahu-1/fan": True,
    }


def test_the_readme_shows_the_sample_as_it_is() -> None:
    assert re.findall(r"```toml\n(.*?)```", README, re.DOTALL) == [SAMPLE]


def test_the_readme_names_reasons_and_limits_as_they_are() -> None:
    rows = [line.split("|")[2] for line in README.splitlines() if line.startswith("| ")][1:]
    named = {label for row in rows for label in re.findall(r"`(\w+)`", row)}
    assert len(named) == 8
    assert named <= {reason.label for reason in Reason}
    assert f"{FIRST_RETRY_S:g} s growing to {LAST_RETRY_S:g} s" in README
    assert f"until a session has lasted {STEADY_S:g} s" in README
    assert f"longer than {MAX_PAYLOAD_BYTES // 2**20} MiB" in README
    assert f"packets over {2 * MAX_PAYLOAD_BYTES // 2**20} MiB" in README
    assert f"at most {MOST_AT_ONCE} messages" in README
    assert f"at most {MOST_RECORDS} records" in README
    assert f"once {MOST_BYTES_WAITING // 2**20} MiB wait" in README
    assert f"its first {POISON_KEPT} bytes" in README
    assert f"more than {MOST_WAITING} messages wait" in README
    assert (BRIEF_SESSIONS, SILENT_PERIODS) == (3, 3)  # in words there

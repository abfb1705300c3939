"""The sample and the README against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import connectors.mqtt
from connectors.mqtt.connector import BRIEF_SESSIONS, FIRST_RETRY_S, LAST_RETRY_S, MOST_AT_ONCE, STEADY_S
from connectors.mqtt.decode import MAX_PAYLOAD_BYTES, DeviceDecoder, parse
from connectors.mqtt.health import SILENT_PERIODS
from connectors.mqtt.inbox import MOST_WAITING
from connectors.mqtt.settings import Connection
from evaluators.model.samples import BlockBuilder, Reason
from evaluators.model.times import SECOND_NS
from tests.connectors.mqtt.test_cases import bound

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
    [payload] = re.findall(r"# (\{.*\})$", SAMPLE, re.MULTILINE)
    [sent] = re.findall(r'# (".*")$', SAMPLE, re.MULTILINE)
    lifts = f'{{"sent": {sent}, "cars": [{{"id": "1"}}, {{"id": "2", "mode": "正常", "load": 0.5}}]}}'
    for name, text in (("meter-water", payload), ("lift-2", lifts)):
        decoded = DeviceDecoder(devices[name]).decode(
            parse(text.encode()), 1_769_832_060 * SECOND_NS, BlockBuilder("broker")
        )
        assert decoded.good == len(devices[name].points) == 2
        assert decoded.time is not None


def test_the_readme_shows_the_sample_as_it_is() -> None:
    assert re.findall(r"```toml\n(.*?)```", README, re.DOTALL) == [SAMPLE]


def test_the_readme_names_reasons_and_limits_as_they_are() -> None:
    rows = [line.split("|")[2] for line in README.splitlines() if line.startswith("| ")][1:]
    named = {label for row in rows for label in re.findall(r"`(\w+)`", row)}
    assert len(named) == 7
    assert named <= {reason.label for reason in Reason}
    assert f"{FIRST_RETRY_S:g} s growing to {LAST_RETRY_S:g} s" in README
    assert f"until a session has lasted {STEADY_S:g} s" in README
    assert f"longer than {MAX_PAYLOAD_BYTES // 2**20} MiB" in README
    assert f"packets over {2 * MAX_PAYLOAD_BYTES // 2**20} MiB" in README
    assert f"at most {MOST_AT_ONCE} messages" in README
    assert f"more than {MOST_WAITING} messages wait" in README
    assert (BRIEF_SESSIONS, SILENT_PERIODS) == (3, 3)  # in words there

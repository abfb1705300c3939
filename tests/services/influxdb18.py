"""A real InfluxDB 1.8 on loopback, made by ``tests/services/influxd18/build``; with ``CI=true`` it is made now."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import urllib3

from config.influxdb import InfluxSettings
from evaluators.model.samples import Value
from tests.services.influxdb import Key, free_port
from tests.services.missing import missing

SOURCES = Path(__file__).parent / "influxd18"
READY_WITHIN_S = 30.0
USER, PASSWORD = "steward", "tests-only"

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"

[meta]
dir = "{folder}/meta"

[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
query-log-enabled = false

[http]
bind-address = "127.0.0.1:{port}"
auth-enabled = true
log-enabled = false

[logging]
level = "error"
"""


@dataclass(frozen=True)
class Server18:
    """A server that is set up."""

    url: str

    def ask(self, query: str, database: str = "") -> list[dict[str, Any]]:
        """The series of one InfluxQL statement; AssertionError where it is refused."""
        fields = {"q": query, "db": database, "epoch": "ns"}
        headers = urllib3.make_headers(basic_auth=f"{USER}:{PASSWORD}")
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        answer = urllib3.request(
            "POST", f"{self.url}/query", body=urlencode(fields), headers=headers, timeout=20.0, retries=False
        )
        (result,) = answer.json()["results"]
        assert "error" not in result, result
        series: list[dict[str, Any]] = result.get("series", [])
        return series

    def settings(self, bucket: str, **changes: Any) -> InfluxSettings:
        """What the agent needs to write to a database."""
        given = {"url": self.url, "org": "-", "bucket": bucket, "token": f"{USER}:{PASSWORD}"}
        return InfluxSettings.model_validate(given | changes)

    def write(self, database: str, line: str) -> None:
        """Write one line, past the agent."""
        headers = urllib3.make_headers(basic_auth=f"{USER}:{PASSWORD}")
        answer = urllib3.request("POST", f"{self.url}/write?db={database}", body=line.encode(), headers=headers)
        assert answer.status == 204, answer.data

    def field(self, database: str, field: str, policy: str = "autogen") -> dict[Key, Value]:
        """Every value of one field, exactly."""
        found: dict[Key, Value] = {}
        quoted = policy.replace('"', '\\"')
        for series in self.ask(f'SELECT "{field}" FROM "{quoted}".telemetry GROUP BY device, point', database):
            tags = series["tags"]
            found |= {(tags["device"], tags["point"], at): value for at, value in series["values"]}
        return found


@pytest.fixture(scope="session")
def influxd18() -> Path:
    """The server's program."""
    sources = b"".join((SOURCES / name).read_bytes() for name in ("go.mod", "build"))
    cache = Path(os.environ.get("STEWARD_CACHE") or Path.home() / ".cache" / "steward")
    built = cache / f"influxd18-{sha256(sources).hexdigest()[:16]}" / "influxd"
    if not built.is_file():
        if os.environ.get("CI") != "true":
            missing("no InfluxDB 1.8: run tests/services/influxd18/build once")
        subprocess.run([SOURCES / "build"], check=True, stdout=subprocess.DEVNULL)
    return built


@pytest.fixture(scope="session")
def influxdb18(influxd18: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server18]:
    """A running server."""
    folder = tmp_path_factory.mktemp("influxdb18")
    port = free_port()
    configuration = folder / "influxdb.conf"
    configuration.write_text(CONFIGURATION.format(rpc=free_port(), port=port, folder=folder), encoding="utf-8")
    with (folder / "influxd.log").open("wb") as log:
        process = subprocess.Popen(
            [influxd18, "run", "-config", configuration], stdout=log, stderr=log, start_new_session=True
        )
    try:
        server = Server18(f"http://127.0.0.1:{port}")
        _set_up(server, process, folder / "influxd.log")
        yield server
    finally:
        process.terminate()
        process.wait(timeout=15)


def _set_up(server: Server18, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if urllib3.request("GET", server.url + "/health", timeout=2.0, retries=False).status == 200:
                server.ask(f"CREATE USER {USER} WITH PASSWORD '{PASSWORD}' WITH ALL PRIVILEGES")
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"influxd 1.8 is not ready: {log.read_text(errors='replace')[-2000:]}")

"""A real InfluxDB 2.7 on loopback, or the one that the environment names.

Found by ``STEWARD_TEST_INFLUX_URL``, ``_TOKEN`` and ``_ORG``; else ``influxd`` on the path; else the one that
``tests/services/influxd/build`` made (with ``CI=true`` it is made now).
"""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import urllib3

from config.influxdb import InfluxSettings
from evaluators.model.samples import Value
from tests.services.missing import missing

TOKEN = "a-token-for-tests-only"
ORG = "tests"
READY_WITHIN_S = 30.0
SOURCES = Path(__file__).parent / "influxd"

VALUE_FIELDS = ("float", "integer", "boolean", "string")
_LINE_ENDS = ((r"\n", "\u240a"), (r"\r", "\u240d"))
_PARSERS: dict[str, Callable[[str], Value]] = {
    "float": float,
    "integer": int,
    "boolean": "true".__eq__,
    "string": lambda text: text.replace("\u240a", "\n").replace("\u240d", "\r"),
    "quality": int,
    "reason": str,
}

Key = tuple[str, str, int]
"""Device, point and time in ns UTC."""


@dataclass(frozen=True)
class Server:
    """How to reach a server that is set up."""

    url: str
    org: str
    token: str

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> urllib3.BaseHTTPResponse:
        """One request; AssertionError for an answer that is no success."""
        answer = urllib3.request(
            method,
            self.url + path,
            body=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Token {self.token}", "Content-Type": "application/json", **headers},
            timeout=20.0,
            retries=False,
        )
        assert answer.status < 300, f"{method} {path}: HTTP {answer.status}: {answer.data!r}"
        return answer

    def new_bucket(self) -> InfluxServer:
        """A bucket of its own, kept for ever."""
        (org,) = self.ask("GET", f"/api/v2/orgs?org={self.org}").json()["orgs"]
        name = f"test-{uuid.uuid4()}"
        self.ask("POST", "/api/v2/buckets", {"orgID": org["id"], "name": name, "retentionRules": []})
        return InfluxServer(self.url, self.org, self.token, name)


@dataclass(frozen=True)
class InfluxServer(Server):
    """A server with a bucket for one test."""

    bucket: str

    def settings(self, **changes: Any) -> InfluxSettings:
        """What the agent needs to write to it."""
        given = {"url": self.url, "org": self.org, "bucket": self.bucket, "token": self.token}
        return InfluxSettings.model_validate(given | changes)

    def write(self, line: str) -> None:
        """Write one line, past the agent."""
        urllib3.request(
            "POST",
            f"{self.url}/api/v2/write?org={self.org}&bucket={self.bucket}",
            body=line.encode(),
            headers={"Authorization": f"Token {self.token}"},
        )

    def field(self, field: str) -> dict[Key, Value]:
        """Every value of one field, exactly."""
        flux = (
            f'from(bucket: "{self.bucket}") |> range(start: 0, stop: 2200-01-01T00:00:00Z) '
            f'|> filter(fn: (r) => r._measurement == "telemetry" and r._field == "{field}") '
            "|> map(fn: (r) => ({r with ns: int(v: r._time)})) |> group()"
        )
        if field == "string":  # CSV does not keep line ends as they are
            for raw, shown in _LINE_ENDS:
                changed = f'strings.replaceAll(v: r._value, t: "{raw}", u: "{shown}")'
                flux += f" |> map(fn: (r) => ({{r with _value: {changed}}}))"
            flux = 'import "strings" ' + flux
        query = {"query": flux, "dialect": {"header": True, "annotations": []}}
        text = self.ask("POST", f"/api/v2/query?org={self.org}", query).data.decode()
        rows = csv.DictReader(io.StringIO(text, newline=""))
        parse = _PARSERS[field]
        return {(row["device"], row["point"], int(row["ns"])): parse(row["_value"]) for row in rows}

    def samples(self) -> set[tuple[str, str, int, Value | None, int]]:
        """Everything in the bucket: device, point, time in ns UTC, value, quality."""
        values = {key: value for field in VALUE_FIELDS for key, value in self.field(field).items()}
        return {(*key, values.get(key), int(quality)) for key, quality in self.field("quality").items()}


class OwnServer:
    """An InfluxDB process that can be stopped and started again: same port, same data."""

    def __init__(self, program: Path, folder: Path) -> None:
        self._program = program
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.server = Server(f"http://127.0.0.1:{self._port}", ORG, TOKEN)

    def start(self) -> None:
        """Return once it answers; the first time it is set up as well."""
        command = [
            str(self._program),
            f"--http-bind-address=127.0.0.1:{self._port}",
            f"--bolt-path={self._folder / 'bolt'}",
            f"--sqlite-path={self._folder / 'sqlite'}",
            f"--engine-path={self._folder / 'engine'}",
            "--reporting-disabled",
            "--log-level=error",
        ]
        with (self._folder / "influxd.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        self._wait_until_ready(self._process)
        if self.server.ask("GET", "/api/v2/setup").json()["allowed"]:
            account = {
                "username": "tests",
                "password": "tests-only",
                "org": ORG,
                "bucket": "first",
                "token": TOKEN,
            }
            self.server.ask("POST", "/api/v2/setup", account)

    def stop(self) -> None:
        """Return once it is gone."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(timeout=15)
            self._process = None

    def pause(self) -> None:
        """Stand still: connections are accepted, nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if urllib3.request("GET", self.server.url + "/health", timeout=2.0, retries=False).status == 200:
                    return
            except urllib3.exceptions.HTTPError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"influxd is not ready: {(self._folder / 'influxd.log').read_text()[-2000:]}")


@pytest.fixture(scope="session")
def influxd() -> Path:
    """The server's program."""
    on_path = shutil.which("influxd")
    if on_path:
        return Path(on_path)
    built = _built()
    if not built.is_file():
        if os.environ.get("CI") != "true":
            missing("no InfluxDB: put influxd on the path, or run tests/services/influxd/build once")
        subprocess.run([SOURCES / "build"], check=True, stdout=subprocess.DEVNULL)
    return built


@pytest.fixture(scope="session")
def influxdb_server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that let it run."""
    url = os.environ.get("STEWARD_TEST_INFLUX_URL")
    if url:
        org, token = os.environ["STEWARD_TEST_INFLUX_ORG"], os.environ["STEWARD_TEST_INFLUX_TOKEN"]
        yield Server(url.rstrip("/"), org, token)
        return
    own = OwnServer(request.getfixturevalue("influxd"), tmp_path_factory.mktemp("influxdb"))
    try:
        own.start()
        yield own.server
    finally:
        own.stop()


@pytest.fixture
def influxdb(influxdb_server: Server) -> InfluxServer:
    """A bucket of a running server, for this test alone."""
    return influxdb_server.new_bucket()


@pytest.fixture
def own_influxdb(influxd: Path, tmp_path: Path) -> Iterator[OwnServer]:
    """A running server for this test alone, to be stopped and started at will."""
    folder = tmp_path / "influxdb"
    folder.mkdir()
    own = OwnServer(influxd, folder)
    try:
        own.start()
        yield own
    finally:
        own.stop()


def _built() -> Path:
    """Where the build script keeps the program; the key is made as it makes it."""
    sources = b"".join((SOURCES / name).read_bytes() for name in ("go.mod", "main.go", "build"))
    cache = Path(os.environ.get("STEWARD_CACHE") or Path.home() / ".cache" / "steward")
    return cache / f"influxd-{sha256(sources).hexdigest()[:16]}" / "influxd"


def free_port() -> int:
    """A TCP port on loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port

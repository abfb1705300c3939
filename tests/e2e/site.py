"""The simulated building and the agent as processes of their own, on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.relocation import relocate
from tests.services.influxdb import InfluxServer

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "config" / "sites" / "demo.toml"
PORTS = 40
READY_WITHIN_S = 30


def free_base_port() -> int:
    """A base such that the ports after it are free for UDP and TCP."""
    start = 20000 + os.getpid() * 97 % 20000
    for base in range(start, start + 20000, PORTS):
        with contextlib.ExitStack() as stack:
            try:
                for port in range(base, base + PORTS):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        probe = stack.enter_context(socket.socket(socket.AF_INET, kind))
                        probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return base
    raise AssertionError("no free range of ports")


def steward(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "steward", *words]
    merged = {**os.environ, **(env or {})}
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, env=merged, timeout=120)


def influxdb_table(bucket: InfluxServer) -> str:
    """The site file's table for a bucket; its token goes by the environment."""
    return f'\n[influxdb]\nurl = "{bucket.url}"\norg = "{bucket.org}"\nbucket = "{bucket.bucket}"\n'


@dataclass
class Tower:
    """A folder with a site file on free ports, and the processes around it."""

    folder: Path
    base_port: int = field(default_factory=free_base_port)
    env: dict[str, str] = field(default_factory=dict)
    """What the agent gets beside the site file."""

    @property
    def site_file(self) -> Path:
        """The demo's site, moved."""
        return self.folder / "site.toml"

    @property
    def truth_file(self) -> Path:
        """What really happened."""
        return self.folder / "truth.jsonl"

    def write(self, *, broker_port: int | None = None, influxdb: str = "", judged_from: str = "") -> None:
        """Write the site file: an outside broker's port, an [influxdb] table, the start of judging."""
        text = relocate(DEMO.read_text(encoding="utf-8"), self.base_port)
        if broker_port is not None:
            mqtt = re.compile(r'(protocol = "mqtt"\n(?:(?!\[).*\n)*?port = )\d+')
            text, changed = mqtt.subn(rf"\g<1>{broker_port}", text)
            assert changed == 1
        if judged_from:
            text = text.replace("[site]\n", f"[site]\njudged_from = {judged_from}\n", 1)
        self.site_file.write_text(text + influxdb, encoding="utf-8")

    @contextlib.contextmanager
    def building(self, scenario: str, broker: str = "embedded") -> Iterator[subprocess.Popen[str]]:
        """The simulators, listening; killed at the end."""
        words = ["--scenario", scenario, "--seed", "7", "--base-port", str(self.base_port), "--broker", broker]
        words += ["--truth", str(self.truth_file), "--stdin-watch"]
        log = (self.folder / "simulators.log").open("a", encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "simulators", *words],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), (self.folder / "simulators.log").read_text(encoding="utf-8")
            yield process
        finally:
            end(process, signal.SIGTERM)
            log.close()

    def start_agent(self, *words: str) -> subprocess.Popen[str]:
        """``steward run`` in a process of its own, logging into the folder."""
        with (self.folder / "agent.log").open("a", encoding="utf-8") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "steward", "run", str(self.site_file), *words],
                cwd=ROOT, env={**os.environ, **self.env}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                text=True,
            )  # fmt: skip

    @contextlib.contextmanager
    def agent(self) -> Iterator[subprocess.Popen[str]]:
        """The agent, stopped in order at the end."""
        process = self.start_agent()
        try:
            yield process
        finally:
            end(process, signal.SIGTERM)

    def truth(self) -> list[dict[str, Any]]:
        """The lines of the truth file so far."""
        if not self.truth_file.is_file():
            return []
        lines = self.truth_file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def ask(self, command: str, *words: str) -> Any:
        """The JSON that a command prints of this site."""
        asked = steward(command, str(self.site_file), "--json", *words, env=self.env)
        assert asked.returncode == 0, asked.stderr
        return json.loads(asked.stdout)

    def log(self) -> str:
        """What the agent logged."""
        return (self.folder / "agent.log").read_text(encoding="utf-8")


def end(process: subprocess.Popen[str], how: signal.Signals) -> float:
    """Signal a process we started and wait for it; returns the seconds it took. Its pipes are closed."""
    begin = time.monotonic()
    if process.poll() is None:
        process.send_signal(how)
    process.wait(timeout=20)
    took = time.monotonic() - begin
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
    return took

"""``steward demo``: a building, its people and its broker in a process of their own, the agent, a live view."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.live import Live

from agent.app import Agent
from agent.cli.clocks import told
from agent.cli.live import chapters_line, event_line, headline, transitions, view
from agent.cli.opening import FAILED, demo_folder, duration_s, loaded_site, say
from agent.cli.run import run_until_stopped, set_up_logging
from agent.cli.simulate import simulator_command, simulator_environment
from agent.cli.tables import console
from agent.clock import SystemClock
from agent.views import verdict_row
from config.relocation import relocate
from config.site import LoadedSite
from evaluators.model.times import moment

DEMO_SITE = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"
SHOWN_A_PROTOCOL = 2
HINTS = {
    "standing": "by chapter; what would fail now, and what can still be mended",
    "alerts --all": "what rang, and what is over",
    "explain 2.2.1-test": "a test that nobody carried out: the form says so, the panel does not",
    "explain 1.4-response": "the lift that went out of service, and who answered when",
}
"""What is worth asking of the demo afterwards."""
READY_WITHIN_S = 30.0
REFRESH_S = 1.0


def run_demo(
    duration: str | None, as_json: bool, scenario: str, seed: int, base_port: int, data: Path | None
) -> int:
    """Start everything, show it until stopped or ``duration`` is over, stop everything. Returns the exit code."""
    seconds = duration_s(duration)
    folder = data or demo_folder()
    now = moment(SystemClock().now())
    site_file = prepare(folder, base_port, now)
    loaded = loaded_site(site_file)
    clear_inbox(loaded.records.inbox)
    simulators = start_simulators(folder, loaded.records.inbox, scenario, seed, base_port)
    if simulators is None:
        return FAILED
    set_up_logging()
    try:
        agent = Agent(loaded, SystemClock())
        code = run_until_stopped(_show(agent, loaded, as_json, folder, simulators), seconds)
    finally:
        simulators.terminate()
        simulators.wait(timeout=10)
    if as_json:
        zone = ZoneInfo(loaded.site.zone)
        rows = [verdict_row(verdict, zone) for verdict in agent.standing.verdicts]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    if agent.standing.as_of:
        say(chapters_line(agent))
    say(f"the demo's site file and journal are kept in {folder}")
    named = "" if data is None else f" {site_file}"
    for command, shows in HINTS.items():
        say(f"  steward {command}{named}  # {shows}")
    return code


def prepare(folder: Path, base_port: int, now: datetime) -> Path:
    """A fresh folder with the demo's site file, its ports moved to ``base_port``, judged from ``now``."""
    if folder.is_dir():
        for old in folder.glob("journal.db*"):
            old.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    text = relocate(DEMO_SITE.read_text(encoding="utf-8"), base_port)
    started = f"[site]\njudged_from = {now.isoformat()}"
    site_file = folder / "site.toml"
    site_file.write_text(text.replace("[site]", started, 1), encoding="utf-8")
    return site_file


def clear_inbox(inbox: Path) -> None:
    """Take away the files of records that a demo before this one left untaken."""
    for old in inbox.glob("*.json"):
        old.unlink()


def start_simulators(
    folder: Path, inbox: Path, scenario: str, seed: int, base_port: int
) -> subprocess.Popen[str] | None:
    """The building, its people and its broker, listening; None (and the reason printed) if they cannot be
    started. Their records go into ``inbox``."""
    options = ["--scenario", scenario, "--seed", str(seed), "--base-port", str(base_port)]
    options += ["--records", str(inbox)]
    options += ["--broker", "embedded", "--truth", str(folder / "truth.jsonl"), "--stdin-watch"]
    with (folder / "simulators.log").open("w", encoding="utf-8") as log:
        process = subprocess.Popen(  # ends with us: it watches its standard input
            simulator_command(options),
            env=simulator_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,  # Ctrl-C is for the agent; we end the simulators after it
        )
    assert process.stdout is not None
    if not process.stdout.readline():
        process.wait(timeout=READY_WITHIN_S)
        say((folder / "simulators.log").read_text(encoding="utf-8").strip())
        say("the simulated building could not be started; if a port is taken, try another --base-port")
        return None
    return process


async def _show(
    agent: Agent, loaded: LoadedSite, as_json: bool, folder: Path, simulators: subprocess.Popen[str]
) -> None:
    """The agent with its view beside it; ends with the agent, or when the simulated building is gone."""
    screen = console(stderr=as_json)
    showing = _live if screen.is_terminal else _lines
    work = asyncio.create_task(agent.run())
    shown = asyncio.create_task(showing(agent, screen))
    gone = asyncio.create_task(_until_gone(simulators))
    try:
        done, _ = await asyncio.wait({work, shown, gone}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if gone in done:
            say(f"the simulated building ended by itself: see {folder / 'simulators.log'}")
    finally:
        for task in (shown, gone, work):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _until_gone(simulators: subprocess.Popen[str]) -> None:
    while simulators.poll() is None:  # noqa: ASYNC110  # another process cannot set an event
        await asyncio.sleep(REFRESH_S)


async def _live(agent: Agent, console: Console) -> None:
    chosen = chosen_points(agent.loaded)
    with Live(console=console, auto_refresh=False, screen=console.height >= 40) as screen:
        while True:
            screen.update(view(agent, agent.point_keys, chosen), refresh=True)
            await asyncio.sleep(REFRESH_S)


async def _lines(agent: Agent, console: Console) -> None:
    """For a pipe or a log: what changes, a line each, and two lines on the whole every ten seconds."""
    zone = ZoneInfo(agent.loaded.site.zone)
    said: set[str] = set()
    beat = 0
    while True:
        for episode in transitions(agent.standing.episodes):
            line = event_line(episode, zone)
            if line not in said:
                said.add(line)
                console.print(line, highlight=False, markup=False)
        for line in told(agent.standing.verdicts):
            if line not in said:
                said.add(line)
                console.print(line, highlight=False, markup=False)
        if agent.standing.as_of and beat % 10 == 0:
            console.print(headline(agent), highlight=False, markup=False)
            console.print(chapters_line(agent), highlight=False, markup=False)
        beat += 1
        await asyncio.sleep(REFRESH_S)


def chosen_points(loaded: LoadedSite) -> list[str]:
    """A few measured points of each protocol, for the view."""
    chosen: list[str] = []
    for protocol in dict.fromkeys(connection.protocol for connection in loaded.connections):
        devices = {d for c in loaded.connections if c.protocol == protocol for d in c.devices}
        measured = (p.key for p in loaded.site.points if p.device in devices and p.unit)
        chosen += _first(measured, SHOWN_A_PROTOCOL)
    return chosen


def _first(keys: Iterable[str], count: int) -> list[str]:
    """The first key of each of the first ``count`` devices."""
    by_device: dict[str, str] = {}
    for key in keys:
        by_device.setdefault(key.partition("/")[0], key)
    return list(by_device.values())[:count]

"""Killed at any instant, alerts are neither doubled nor lost, and what was told twice has the same key twice."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agent.alerting.store import append
from agent.clock import SystemClock
from agent.history.history import History
from agent.journal.journal import Journal
from tests.alerting.receiver import TAKEN, Request, listening
from tests.alerting.scenes import an_event
from tests.alerting.setting import Setting
from tests.alerting.ticking import tick_on
from tests.waiting import until

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("STEWARD_KILLS", "6"))


def started(module: str, *words: str, stdout: int | None = None) -> subprocess.Popen[bytes]:
    """A process of ours."""
    return subprocess.Popen([sys.executable, "-m", module, *words], cwd=ROOT, stdout=stdout)


def rows(path: Path, columns: str, table: str) -> list[tuple[Any, ...]]:
    """Everything in a table."""
    with History.open(path) as history:
        return history.query(f"SELECT {columns} FROM {table} ORDER BY 1")


@pytest.mark.slow
async def test_killed_between_delivery_and_commit_it_delivers_again_with_the_same_key(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    await setting.add(an_event(number) for number in range(3))
    await setting.journal.close()
    processes: list[subprocess.Popen[bytes]] = []

    def kill_the_first(request: Request) -> bytes:
        if len(receiver.requests) == 2:
            processes[0].kill()
            processes[0].wait()
        return TAKEN

    async with listening(kill_the_first) as receiver:
        url = f"http://127.0.0.1:{receiver.port}/"
        processes.append(started("tests.alerting.telling", str(setting.path), url))
        await until(lambda: len(receiver.requests) == 2, 20)
        assert processes[0].poll() is not None
        assert setting.untold() == 2
        processes.append(started("tests.alerting.telling", str(setting.path), url))
        try:
            await until(setting.all_told, 20)
        finally:
            processes[1].kill()
            processes[1].wait()
    assert receiver.events == [1, 2, 2, 3]
    keys = [request.headers["idempotency-key"] for request in receiver.requests]
    assert keys[1] == keys[2]
    assert len(set(keys)) == 3


@pytest.mark.slow
async def test_killed_again_and_again_the_alerts_are_those_of_a_run_without_a_kill(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole.db", tmp_path / "killed.db"
    await tick_on(whole)
    chance = random.Random(1)
    for _ in range(KILLS):
        process = started("tests.alerting.ticking", str(killed), stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 60)):
            if not process.stdout.readline():
                break
        await asyncio.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.communicate()
    await tick_on(killed)
    columns = "seq, key, at, event, content"
    assert rows(killed, columns, "alert") == rows(whole, columns, "alert")
    assert len(rows(whole, "seq", "alert")) > 100
    assert rows(killed, "alert", "outbox") == rows(whole, "seq", "alert")


async def test_an_event_and_what_is_to_be_told_of_it_are_one_transaction(tmp_path: Path) -> None:
    setting = Setting(tmp_path)
    refuse = "CREATE TEMP TRIGGER refuse BEFORE INSERT ON outbox BEGIN SELECT RAISE (ABORT, 'no room'); END"
    await setting.journal.write(lambda connection: connection.execute(refuse).fetchall())
    with pytest.raises(Exception, match="no room"):
        await setting.add([an_event()])
    assert setting.open_alerts() == []
    await setting.journal.close()
    journal = Journal.open(setting.path, SystemClock())
    await journal.write(lambda connection: append(connection, [an_event()], tell=True))
    await journal.close()
    assert setting.untold() == len(setting.open_alerts()) == 1

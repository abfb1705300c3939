"""How many samples are owed, and for how long they still will be."""

from __future__ import annotations

import pytest

from agent.cli.status import influxdb_line
from agent.delivery import Delivery, Health
from agent.lanes import Lanes, Span
from agent.owed import LOOK_BACK_S, Owed, count_rows
from evaluators.model.times import SECOND_NS
from tests.forwarder.rows import Setting


async def fill(setting: Setting, first: int, blocks: int) -> None:
    """Journal so many blocks of two rows."""
    for number in range(first, first + blocks):
        await setting.put(("i", 2 * number, 1), ("i", 2 * number + 1, 2))


async def test_a_long_backlog_is_estimated_by_its_ends(setting: Setting, monkeypatch: pytest.MonkeyPatch) -> None:
    await fill(setting, 0, 50)
    with setting.history() as history:
        assert count_rows(history, Span(0, 50)) == 100
        monkeypatch.setattr("agent.owed.EXACT_BLOCKS", 20)
        monkeypatch.setattr("agent.owed.SAMPLE_BLOCKS", 5)
        assert count_rows(history, Span(0, 50)) == 100
        assert count_rows(history, Span(10, 30)) == 40
        assert count_rows(history, Span(1000, 2000)) == 0


async def test_what_went_ahead_before_a_restart_is_not_owed(setting: Setting) -> None:
    await fill(setting, 0, 10)
    owed = Owed()
    with setting.history() as history:
        owed.measure(history, Lanes(2, Span(5, 8)), 0.0)
        assert owed.rows == 10
        await fill(setting, 10, 3)
        owed.measure(history, Lanes(2, Span(5, 8)), 1.0)
        assert owed.rows == 16
    owed.forget()
    assert owed.rows == 22


async def test_how_long_it_takes_follows_from_the_last_minute(setting: Setting) -> None:
    await fill(setting, 0, 50)
    owed = Owed()
    assert owed.eta_s is None
    with setting.history() as history:

        def after(acknowledged: int, now_s: float) -> float | None:
            owed.acknowledge(acknowledged)
            owed.measure(history, Lanes(), now_s)
            return owed.eta_s

        assert after(0, 0.0) is None
        assert after(20, 10.0) == pytest.approx(40.0)
        assert after(20, 20.0) == pytest.approx(30.0)
        assert after(0, 21.0 + LOOK_BACK_S) is None


def test_status_says_how_far_behind_for_how_long_and_what_was_refused() -> None:
    health = Health(Delivery.UP, blocks=3, rows=40, eta_s=7.0, catching_up=True, oldest=0)
    assert influxdb_line(health.row(9 * SECOND_NS), 2) == (
        "InfluxDB: up, 3 blocks behind (40 samples, 9 s), catching up beside the newest, 7 s to go; "
        "2 rows refused for good"
    )
    assert influxdb_line(Health(Delivery.UP).row(0), 0) == "InfluxDB: up, 0 blocks behind"

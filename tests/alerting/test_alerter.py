"""From verdicts to a journal and a webhook, over restarts, failures and cancellations."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

import pytest

from agent.alerting.alerter import Alerter
from agent.alerting.events import Stage
from agent.alerting.store import all_alerts
from agent.errors import JournalError
from agent.history.history import History
from evaluators.model.times import DAY_NS, HOUR_NS
from evaluators.model.verdicts import Mark, Verdict
from tests.alerting.receiver import in_turn, listening
from tests.alerting.scenes import CLAUSES, DAILY, START, a_round, day, verdict
from tests.alerting.setting import Setting, running
from tests.waiting import until

EVENING = START + 20 * HOUR_NS
NEXT_DAY = START + DAY_NS + 1

SOON = (verdict(DAILY, day(0), a_round(0, Mark.RUNNING)),)
MISSED = (verdict(DAILY, day(0), a_round(0, Mark.BAD)), verdict(DAILY, day(1), a_round(1, Mark.RUNNING)))
MADE_UP = (verdict(DAILY, day(1), a_round(1, Mark.GOOD)),)


def journaled(setting: Setting) -> list[str]:
    """Everything that happened to alerts, in short."""
    with History.open(setting.path) as history:
        rows = history.query("SELECT event, json_extract(content, '$.stage') FROM alert ORDER BY seq")
    return [f"{event} {stage}" for event, stage in rows]


async def ticks(alerter: Alerter, *looks: tuple[Sequence[Verdict], int]) -> None:
    """Tick once for each look."""
    for verdicts, as_of in looks:
        await alerter.tick(verdicts, CLAUSES, as_of)


async def test_off_over_a_due_date_one_lapse_is_told_on_return_and_a_restart_doubles_nothing(
    setting: Setting,
) -> None:
    async with listening() as receiver:
        alerter = setting.alerter(receiver.webhook())
        async with running(alerter):
            await ticks(alerter, (SOON, EVENING), (SOON, EVENING + 1))
            await alerter.flush(10.0)
        for _ in range(3):
            await setting.restart()
            alerter = setting.alerter(receiver.webhook())
            async with running(alerter):
                await ticks(alerter, (MISSED, NEXT_DAY), (MISSED, NEXT_DAY + 1))
                await alerter.flush(10.0)
        await setting.restart()
        alerter = setting.alerter(receiver.webhook())
        async with running(alerter):
            await ticks(alerter, (MADE_UP, NEXT_DAY + HOUR_NS), (MADE_UP, NEXT_DAY + 2 * HOUR_NS))
            await alerter.flush(10.0)
    assert journaled(setting) == ["opened due_soon", "changed lapsed", "resolved lapsed"]
    told = [(event["event"], event["stage"]) for request in receiver.taken for event in request.body["events"]]
    assert told == [("opened", "due_soon"), ("changed", "lapsed"), ("resolved", "lapsed")]
    assert setting.all_told()


async def test_a_tick_that_could_not_be_kept_is_made_good_by_the_next(setting: Setting) -> None:
    alerter = setting.alerter()
    await ticks(alerter, (SOON, EVENING))
    refuse = "CREATE TEMP TRIGGER refuse BEFORE INSERT ON alert BEGIN SELECT RAISE (ABORT, 'no room'); END"
    await setting.journal.write(lambda connection: connection.execute(refuse).fetchall())
    with pytest.raises(JournalError, match="no room"):
        await alerter.tick(MISSED, CLAUSES, NEXT_DAY)
    await setting.journal.write(lambda connection: connection.execute("DROP TRIGGER refuse").fetchall())
    await ticks(alerter, (MISSED, NEXT_DAY + 1), (MISSED, NEXT_DAY + 2))
    assert journaled(setting) == ["opened due_soon", "changed lapsed"]


@pytest.mark.parametrize("steps", range(8))
async def test_a_tick_that_is_cancelled_anywhere_doubles_nothing(setting: Setting, steps: int) -> None:
    alerter = setting.alerter()
    cancelled = asyncio.create_task(alerter.tick(SOON, CLAUSES, EVENING))
    for _ in range(steps):
        await asyncio.sleep(0.001)
    cancelled.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await cancelled
    await ticks(alerter, (SOON, EVENING + 1), (MISSED, NEXT_DAY))
    assert journaled(setting) == ["opened due_soon", "changed lapsed"]


async def test_without_a_webhook_alerts_are_kept_and_nothing_is_to_be_told(setting: Setting) -> None:
    alerter = setting.alerter()
    events = await alerter.tick(SOON, CLAUSES, EVENING)
    assert [event.stage for event in events] == [Stage.DUE_SOON]
    assert [each.event for each in setting.open_alerts()] == list(events)
    assert setting.untold() == 0
    assert alerter.health_row() is None
    await alerter.run()
    await alerter.flush(10.0)


async def test_nothing_new_writes_nothing(setting: Setting) -> None:
    alerter = setting.alerter()
    assert await alerter.tick((), CLAUSES, START) == ()
    assert journaled(setting) == []


async def test_an_outage_of_the_webhook_holds_back_no_alert(setting: Setting) -> None:
    async with listening(in_turn([None])) as receiver:
        alerter = setting.alerter(receiver.webhook(timeout_s=0.5))
        async with running(alerter):
            await ticks(alerter, (SOON, EVENING))
            await until(lambda: receiver.requests)
            await ticks(alerter, (MISSED, NEXT_DAY))
            assert journaled(setting) == ["opened due_soon", "changed lapsed"]
            assert alerter.health_row() is not None
            await until(setting.all_told)
        assert receiver.events == [1, 2]
    with History.open(setting.path) as history:
        assert len(all_alerts(history)) == 1

"""Somebody is told when InfluxDB refuses us, or has taken nothing for long: once, and again when it does."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from agent.alerting.alerter import Alerter
from agent.alerting.events import Ending, Event
from agent.alerting.influx_alarm import KEY, PATIENCE_NS, InfluxAlarm
from agent.alerting.store import all_alerts, open_alerts
from agent.answers import Answer, Meaning
from agent.delivery import Delivery, Health
from agent.forwarder import Forwarder
from evaluators.model.times import SECOND_NS
from tests.alerting import receiver
from tests.forwarder.fake import STORED, answer, listening
from tests.forwarder.rows import Setting, ShortWaits, running
from tests.services.influxdb import InfluxServer
from tests.waiting import until


class Later(ShortWaits):
    """A clock that can be put forward."""

    ahead = 0

    def now(self) -> int:
        """The machine's time, and what it was put forward."""
        return super().now() + self.ahead


def health_of(forwarder: Forwarder) -> Health:
    """How it does now."""
    return forwarder.health


def is_decided(forwarder: Forwarder) -> bool:
    """Whether InfluxDB has said yes or no."""
    return forwarder.health.state in (Delivery.REFUSED, Delivery.UP)


def open_of(setting: Setting) -> list[tuple[str, str]]:
    """Key and note of every open alert."""
    with setting.history() as history:
        return [(each.event.key, each.event.note) for each in open_alerts(history)]


async def test_it_may_be_down_for_a_quarter_of_an_hour(setting: Setting) -> None:
    clock, down = Later(), [True]
    alerter = Alerter(setting.journal, None, "tower", clock)
    await setting.put(("i", 0, 1))
    async with listening(lambda lines: answer("500 Oops") if down else STORED) as fake:
        forwarder = setting.forwarder(fake.settings())
        alarm = InfluxAlarm(alerter, lambda: forwarder.health, clock, "tower")
        async with running(forwarder):
            await until(lambda: forwarder.health.state is Delivery.DOWN)
            clock.ahead = PATIENCE_NS - 60 * SECOND_NS
            await alarm.look()
            assert open_of(setting) == []
            clock.ahead = PATIENCE_NS + SECOND_NS
            await alarm.look()
            await alarm.look()
            assert open_of(setting) == [(KEY, forwarder.health.detail)]
            down.clear()
            await until(setting.delivered)
            await alarm.look()
    assert open_of(setting) == []
    with setting.history() as history:
        (event,) = [each.event for each in all_alerts(history)]
    assert (event.event, event.ending, event.note) == (
        Event.RESOLVED,
        Ending.RECOVERED,
        "it takes samples again",
    )


async def test_a_refusal_between_failures_does_not_begin_the_quarter_anew() -> None:
    health = Health()
    for at, meaning in enumerate([Meaning.UNREACHABLE, Meaning.REFUSED, Meaning.BUSY]):
        health = health.after(Answer(meaning, "x"), at)
    assert (health.since, health.down_since) == (2, 0)
    assert health.after(Answer(Meaning.STORED), 9).down_since is None


@pytest.mark.service
async def test_a_wrong_token_rings_at_once_and_restarts_do_not_double_it(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("i", 0, 1))
    async with receiver.listening(lambda request: receiver.TAKEN) as hook:
        for token in ("wrong", "wrong", influxdb.token):
            alerter = Alerter(setting.journal, hook.webhook(), "tower", setting.clock)
            forwarder = setting.forwarder(influxdb.settings(token=token))
            alarm = InfluxAlarm(alerter, partial(health_of, forwarder), setting.clock, "tower")
            telling = asyncio.create_task(alerter.run())
            await alarm.look()
            async with running(forwarder):
                await until(partial(is_decided, forwarder))
                await alarm.look()
                await alarm.look()
                assert len(open_of(setting)) == (token == "wrong")
            await alerter.flush(5.0)
            telling.cancel()
        assert len(hook.events) == 2


async def test_where_the_site_names_no_influxdb_any_more_it_ends(setting: Setting) -> None:
    alerter = Alerter(setting.journal, None, "tower", setting.clock)
    health: list[Health | None] = [Health(Delivery.REFUSED, detail="HTTP 401")]
    await InfluxAlarm(alerter, lambda: health[-1], setting.clock, "tower").look()
    assert open_of(setting) == [(KEY, "HTTP 401")]
    health.append(None)
    await InfluxAlarm(alerter, lambda: health[-1], setting.clock, "tower").look()
    with setting.history() as history:
        assert [each.event.ending for each in all_alerts(history)] == [Ending.GONE]

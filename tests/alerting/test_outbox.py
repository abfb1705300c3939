"""Telling a webhook that fails, hangs, dies and comes back: in order, at least once, and quietly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agent.alerting.events import Severity
from agent.alerting.outbox import PUT_OFF_AT_MOST_S
from agent.alerting.store import make_up, put_off
from agent.forwarder import Delivery
from tests.alerting.receiver import TAKEN, Receiver, Request, answer, in_turn, listening
from tests.alerting.scenes import START, an_event
from tests.alerting.setting import Setting, running
from tests.waiting import until

FAILURES = {
    "500": answer("500 Internal Server Error", "oops"),
    "502": answer("502 Bad Gateway", "<html>"),
    "429": answer("429 Too Many Requests", "", "Retry-After: 37"),
    "302": answer("302 Found", "", "Location: http://127.0.0.1:9/login"),
    "401": answer("401 Unauthorized"),
    "404": answer("404 Not Found"),
    "410": answer("410 Gone"),
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "hang-up": b"",
}


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES)
async def test_whatever_it_answers_all_is_told_in_order_in_the_end(setting: Setting, failure: bytes) -> None:
    await setting.add(an_event(number) for number in range(3))
    async with listening(in_turn([failure] * 2 + [TAKEN] + [failure])) as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await until(setting.all_told)
        assert receiver.events == [1, 2, 3]
        keys = [request.headers["idempotency-key"] for request in receiver.requests]
        assert len(keys) == 6
        assert len(set(keys)) == 3
        assert outbox.health.state is Delivery.UP


async def test_what_is_refused_is_kept_and_tried_again_slowly(setting: Setting) -> None:
    await setting.add([an_event()])
    async with listening(lambda request: FAILURES["410"]) as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await until(lambda: len(receiver.requests) == 4)
            await until(lambda: setting.problems()[0][1] >= 3)
        assert setting.problems()[0][2] == "HTTP 410: refused; check address and token"
        assert outbox.health.state is Delivery.REFUSED
    waits = [wait for wait in setting.clock.asked if wait > 0]
    assert [15 * 2**n <= wait + 0.5 <= 30 * 2**n + 1 for n, wait in enumerate(waits[:3])] == [True] * 3


async def test_a_busy_receiver_is_left_alone_as_long_as_it_asks(setting: Setting) -> None:
    await setting.add([an_event()])
    async with listening(in_turn([FAILURES["429"]])) as receiver, running(setting.outbox(receiver.webhook())):
        await until(setting.all_told)
    assert any(36 < wait <= 37 for wait in setting.clock.asked)


async def test_one_that_hangs_does_not_hold_the_loop_and_gets_it_again(setting: Setting) -> None:
    await setting.add([an_event()])
    async with listening(in_turn([None])) as receiver, running(setting.outbox(receiver.webhook(timeout_s=0.3))):
        await until(lambda: receiver.requests)  # it listens on the same loop
        await setting.add([an_event(2)])
        assert setting.untold() == 2
        await until(setting.all_told)
        assert receiver.events == [1, 2]
        assert len(receiver.requests) == 3


async def test_one_that_dies_and_comes_back_gets_all_that_happened_meanwhile(setting: Setting) -> None:
    async with listening() as receiver:
        outbox = setting.outbox(receiver.webhook())
        port = receiver.port
    async with running(outbox):
        await setting.add(an_event(number) for number in range(5))
        outbox.grown()
        await until(lambda: outbox.health.state is Delivery.DOWN)
        await setting.add(an_event(number) for number in range(5, 8))
        outbox.grown()
        async with listening(port=port) as receiver:
            await until(setting.all_told)
            assert receiver.events == list(range(1, 9))


async def test_what_is_new_is_told_at_once_although_nothing_was_to_be_told(setting: Setting) -> None:
    async with listening() as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await outbox.flush(5.0)
            await setting.add([an_event()])
            outbox.grown()
            await until(setting.all_told)
        assert receiver.events == [1]


async def test_a_restart_goes_on_where_it_was(setting: Setting) -> None:
    await setting.add(an_event(number) for number in range(4))
    async with listening(in_turn([TAKEN, TAKEN] + [FAILURES["500"]] * 1000)) as receiver:
        async with running(setting.outbox(receiver.webhook())):
            await until(lambda: len(receiver.requests) == 4)
        first = receiver.events
    await setting.restart()
    async with listening() as receiver:
        async with running(setting.outbox(receiver.webhook())):
            await until(setting.all_told)
        assert first + receiver.events == [1, 2, 3, 4]


async def test_it_waits_as_long_as_it_was_put_off_but_a_wrong_clock_holds_it_back_only_so_long(
    setting: Setting,
) -> None:
    await setting.add([an_event()])
    setting.clock.share = 0.001
    far = setting.clock.now() + 10**18
    await setting.journal.write(lambda connection: make_up(connection, START))
    await setting.journal.write(lambda connection: put_off(connection, 1, far, "no"))
    async with listening() as receiver, running(setting.outbox(receiver.webhook())):
        await until(setting.all_told)
    assert setting.clock.asked[0] == PUT_OFF_AT_MOST_S


async def test_a_flood_is_one_message_and_an_emergency_does_not_wait_for_it(tmp_path: Path) -> None:
    setting = Setting(tmp_path, now=START)
    async with listening() as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await setting.add(an_event(number) for number in range(30))
            outbox.grown()
            await until(setting.all_told)
            assert [len(request.ids) for request in receiver.requests] == [30]
            assert sum(setting.clock.asked) == pytest.approx(30)
            setting.clock.asked.clear()
            await setting.add([an_event(31, setting.clock.now(), Severity.EMERGENCY)])
            outbox.grown()
            await until(setting.all_told)
            assert sum(setting.clock.asked) == 0
        assert receiver.events == list(range(1, 32))
    await setting.journal.close()


async def test_a_flush_waits_until_all_is_told_but_not_for_a_dead_receiver(setting: Setting) -> None:
    async with listening(in_turn([TAKEN] * 2 + [FAILURES["500"]] * 1000)) as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await setting.add([an_event(1), an_event(2)])
            outbox.grown()
            await outbox.flush(10.0)
            assert setting.all_told()
            await setting.add([an_event(3)])
            outbox.grown()
            await until(lambda: outbox.health.state is Delivery.DOWN)
            before = setting.clock.monotonic()
            await outbox.flush(10.0)
            assert setting.clock.monotonic() - before < 5
            assert not setting.all_told()


async def test_a_flush_does_not_wait_for_a_flood_to_gather(tmp_path: Path) -> None:
    setting = Setting(tmp_path, now=START)
    await setting.add(an_event(number) for number in range(30))
    async with listening() as receiver:
        outbox = setting.outbox(receiver.webhook())
        async with running(outbox):
            await outbox.flush(10.0)
            assert setting.all_told()
            assert [len(request.ids) for request in receiver.requests] == [30]
    await setting.journal.close()


async def test_an_outage_is_logged_once_and_its_end_once(setting: Setting) -> None:
    await setting.add([an_event(1)])
    with capture_logs() as logs:
        async with listening(in_turn([FAILURES["500"]] * 5)) as receiver:
            outbox = setting.outbox(receiver.webhook())
            async with running(outbox):
                await until(setting.all_told)
                await setting.add([an_event(2)])
                outbox.grown()
                await until(setting.all_told)
    assert [entry["event"] for entry in logs] == ["the webhook takes no alerts", "the webhook takes alerts"]
    assert logs[0]["state"] == "down"


async def test_token_and_address_are_in_no_log_no_health_and_no_journal(setting: Setting) -> None:
    await setting.add([an_event()])

    def repeats_it(request: Request) -> bytes:
        return answer("401 Unauthorized", json.dumps(dict(request.headers)), f"X-Seen: {request.headers}")

    async with listening(repeats_it) as receiver:
        outbox = setting.outbox(receiver.webhook())
        with capture_logs() as logs:
            async with running(outbox):
                await until(lambda: outbox.health.state is Delivery.REFUSED)
        shown = f"{logs!r} {outbox.health!r} {outbox.health_row()!r} {setting.problems()!r}"
        assert "canary" not in shown
        assert outbox.health_row()["state"] == "refused"
    dead = Receiver(lambda request: TAKEN, receiver.port)
    with capture_logs() as logs:
        outbox = setting.outbox(dead.webhook())
        async with running(outbox):
            await until(lambda: outbox.health.state is Delivery.DOWN)
    assert "canary" not in f"{logs!r} {outbox.health!r} {setting.problems()!r}"
    await setting.journal.close()
    assert b"canary" not in setting.path.read_bytes()

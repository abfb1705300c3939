"""What the forwarder does when the other side is busy, broken, or not an InfluxDB at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

import pytest
from structlog.testing import capture_logs

from agent.forwarder import BATCH_ROWS, Delivery
from tests.forwarder.fake import STORED, Respond, answer, listening
from tests.forwarder.rows import Setting, running
from tests.serving import serving
from tests.waiting import until

PORTAL = "<html><body>Please accept the terms of this network</body></html>"


def in_turn(responses: Iterable[bytes | None]) -> Respond:
    """These answers one after the other, then 204 for ever."""
    waiting = iter(responses)
    return lambda lines: next(waiting, STORED)


def refusing(bad: str, code: str = "unprocessable entity") -> Respond:
    """Refuses every request with a line that holds ``bad``."""
    body = json.dumps({"code": code, "message": f"failure writing points: {bad} is poison"})
    return lambda lines: answer("422 Refused", body) if any(bad in line for line in lines) else STORED


@pytest.mark.parametrize(
    "response",
    [
        answer("200 OK", PORTAL),
        answer("200 OK", "请先登录", encoding="gbk"),
        answer("302 Found", "", "Location: http://127.0.0.1:9/login"),
        answer("400 Bad Request", PORTAL),
        answer("403 Forbidden", "请先登录", encoding="gbk"),
        answer("500 Internal Server Error", '{"code":"internal error","message":"oops"}'),
        answer("502 Bad Gateway", PORTAL),
        b"SSH-2.0-OpenSSH_9.6\r\n",
        None,
    ],
    ids=["portal", "portal in GBK", "redirect", "proxy's 400", "403 in GBK", "500", "502", "no HTTP", "hang-up"],
)
async def test_only_a_204_is_an_acknowledgement(setting: Setting, response: bytes | None) -> None:
    await setting.put(*(("i", offset, offset) for offset in range(10)))
    async with listening(in_turn([response] * 3)) as fake:
        forwarder = setting.forwarder(fake.settings())
        async with running(forwarder):
            await until(lambda: len(fake.requests) == 3)
            assert setting.cursor() == 0
            assert forwarder.health.state in (Delivery.DOWN, Delivery.REFUSED)
            await until(setting.delivered)
        assert len(fake.taken) == 10
    with setting.history() as history:
        assert history.dead_letters() == []


@pytest.mark.parametrize("status", ["503 Service Unavailable", "429 Too Many Requests"])
async def test_a_busy_server_is_left_alone_as_long_as_it_asks(setting: Setting, status: str) -> None:
    await setting.put(("i", 0, 0))
    async with listening(in_turn([answer(status, "", "Retry-After: 37")])) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert 37.0 in setting.clock.asked
        assert len(fake.requests) == 2


async def test_waits_grow_while_it_is_down_and_start_anew_afterwards(setting: Setting) -> None:
    await setting.put(("i", 0, 0))
    async with listening(in_turn([answer("500 Oops")] * 6)) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    waits = [wait for wait in setting.clock.asked if wait != 1.0]
    assert [0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits)] == [True] * 6


async def test_a_server_that_never_answers_is_given_up_within_the_timeout(setting: Setting) -> None:
    await setting.put(("i", 0, 0))

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with serving(handle) as port, listening(lambda lines: STORED) as fake:
        fake.port = port
        forwarder = setting.forwarder(fake.settings(timeout_s=0.2))
        async with running(forwarder):
            await until(lambda: forwarder.health.state is Delivery.DOWN, timeout_s=3)
        assert setting.cursor() == 0


async def test_a_request_that_is_too_large_is_split_until_it_fits(setting: Setting) -> None:
    await setting.put(*(("i", offset, offset) for offset in range(100)))
    limit = answer("413 Request Entity Too Large", "")
    async with listening(lambda lines: limit if len(lines) > 30 else STORED) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert [line.rpartition(" ")[0].partition("integer=")[2] for line in fake.taken] == [
            f"{offset}i,quality=0i" for offset in range(100)
        ]


async def test_poisonous_rows_are_found_and_the_others_are_stored(setting: Setting) -> None:
    rows = [("t", offset, "poison" if offset in (0, 313, 314, 999) else "fine") for offset in range(1000)]
    await setting.put(*rows)
    async with listening(refusing("poison")) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert len(fake.taken) == len(set(fake.taken)) == 996
        assert len(fake.requests) < 100
    with setting.history() as history:
        dead = history.dead_letters()
    assert len(dead) == 4
    assert all("poison" in line and "is poison" in reason for _, _, _, line, reason in dead)


async def test_a_batch_of_which_all_was_dropped_is_not_searched_row_by_row(setting: Setting) -> None:
    await setting.put(*(("i", offset, offset) for offset in range(500)))
    said = 'partial write: field type conflict: input field "integer" is type integer dropped=500'
    body = json.dumps({"code": "unprocessable entity", "message": said})
    async with listening(in_turn([answer("422 Unprocessable Entity", body)])) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert len(fake.requests) == 1
    with setting.history() as history:
        assert len(history.dead_letters()) == 500


async def test_what_influxdb_would_not_keep_any_more_is_counted_and_no_dead_letter(setting: Setting) -> None:
    await setting.put(*(("i", offset, offset) for offset in range(500)))
    said = "failure writing points: partial write: points beyond retention policy dropped=200"
    body = json.dumps({"code": "unprocessable entity", "message": said})
    async with listening(in_turn([answer("422 Unprocessable Entity", body)])) as fake:
        forwarder = setting.forwarder(fake.settings())
        with capture_logs() as logs:
            async with running(forwarder):
                await until(setting.delivered)
        assert len(fake.requests) == 1
    assert (forwarder.health_row()["expired"], forwarder.health_row()["dead_letters"]) == (200, 0)
    assert [entry["rows"] for entry in logs if "as old as" in entry["event"]] == [200]
    with setting.history() as history:
        assert history.dead_letters() == []


async def test_a_kill_between_dead_letter_and_cursor_leaves_one_letter(setting: Setting) -> None:
    await setting.put(("t", 0, "poison"))
    async with listening(refusing("poison")) as fake:
        for _ in range(2):
            async with running(setting.forwarder(fake.settings())):
                await until(setting.delivered)
            await setting.journal.set_cursor("influxdb", 0)
    with setting.history() as history:
        assert len(history.dead_letters()) == 1


async def test_a_long_backlog_goes_out_in_batches(setting: Setting) -> None:
    for start in range(0, 12_000, 400):
        await setting.put(*(("i", offset, offset) for offset in range(start, start + 400)))
    async with listening(lambda lines: STORED) as fake:
        async with running(setting.forwarder(fake.settings())):
            await until(setting.delivered)
        assert len(fake.taken) == len(set(fake.taken)) == 12_000
        assert max(map(len, fake.requests)) <= BATCH_ROWS
        assert len(fake.requests) == 3


async def test_an_answer_lost_after_the_commit_is_asked_for_again(setting: Setting) -> None:
    await setting.put(("i", 0, 0))
    stored: list[str] = []

    def hang_up_once(lines: list[str]) -> bytes | None:
        stored.extend(lines)
        return STORED if len(stored) > 1 else None

    async with listening(hang_up_once) as fake, running(setting.forwarder(fake.settings())):
        await until(setting.delivered)
    assert len(set(stored)) == 1


async def test_a_flush_waits_for_the_last_acknowledgement_but_not_for_a_dead_server(setting: Setting) -> None:
    async with listening(in_turn([STORED] + [answer("500 Oops")] * 1000)) as fake:
        forwarder = setting.forwarder(fake.settings())
        async with running(forwarder):
            await setting.put(("i", 0, 0))
            await forwarder.flush(10.0)
            assert setting.delivered()
            await setting.put(("i", 1, 1))
            await until(lambda: forwarder.health.state is Delivery.DOWN)
            before = setting.clock.monotonic()
            await forwarder.flush(10.0)
            assert setting.clock.monotonic() - before < 5.0
            assert not setting.delivered()


async def test_an_outage_is_logged_once_and_its_end_once(setting: Setting) -> None:
    await setting.put(("i", 0, 0))
    with capture_logs() as logs:
        async with (
            listening(in_turn([answer("500 Oops")] * 5)) as fake,
            running(setting.forwarder(fake.settings())),
        ):
            await until(setting.delivered)
            await setting.put(("i", 1, 1))
            await until(setting.delivered)
    assert [entry["event"] for entry in logs] == ["InfluxDB takes no samples", "InfluxDB takes samples"]


async def test_the_token_is_in_no_log_and_no_health(setting: Setting) -> None:
    await setting.put(("i", 0, 0))
    async with listening(in_turn([answer("401 Unauthorized", '{"code":"unauthorized","message":"no"}')])) as fake:
        settings = fake.settings().model_copy(update={"token": type(fake.settings().token)("canary-4711")})
        forwarder = setting.forwarder(settings)
        with capture_logs() as logs:
            async with running(forwarder):
                await until(lambda: forwarder.health.state is Delivery.REFUSED)
                assert "canary" not in json.dumps(forwarder.health_row())
                await until(setting.delivered)
    assert "canary" not in repr(logs) + repr(settings)

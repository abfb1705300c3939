"""The way from a thread to the event loop."""

from __future__ import annotations

import asyncio
import threading

from connectors.mqtt.inbox import BYTES_AT_ONCE, Closed, Event, Inbox, Message
from tests.waiting import until


def message(number: int, qos: int = 1, size: int = 0) -> Message:
    """A message with a number."""
    return Message(f"site/{qos}", b"x" * size, size, False, number, qos, 0)


async def test_everything_comes_over_once_and_in_order() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    events: list[Event] = [*(message(n) for n in range(5000)), Closed(0, "")]

    def offer_all() -> None:
        for event in events:
            inbox.offer(event)

    thread = threading.Thread(target=offer_all)
    thread.start()
    taken: list[Event] = []
    async with asyncio.timeout(10):
        while not taken or not isinstance(taken[-1], Closed):
            batch = await inbox.take(7)
            assert 1 <= len(batch) <= 7
            taken += batch
    thread.join()
    assert taken == events


async def test_what_nobody_bounds_is_left_out_and_counted() -> None:
    inbox = Inbox(asyncio.get_running_loop(), most=2)
    for event in (message(1, 0), message(2, 0), message(3, 0), message(4), message(5, 0), Closed(0, "")):
        inbox.offer(event)
    assert await inbox.take(10) == [message(1, 0), message(2, 0), message(4), Closed(0, "")]
    assert inbox.overflow() == {"site/0": 2}
    assert inbox.overflow() == {}


async def test_no_more_bytes_are_taken_at_once_than_are_quickly_read() -> None:
    inbox = Inbox(asyncio.get_running_loop())
    for number in range(5):
        inbox.offer(message(number, size=BYTES_AT_ONCE // 2))
    assert [len(await inbox.take(10)) for _ in range(3)] == [2, 2, 1]


async def test_where_no_room_is_left_the_client_waits_and_nothing_is_lost() -> None:
    inbox = Inbox(asyncio.get_running_loop(), most_bytes=100)
    events: list[Event] = [message(n, size=40) for n in range(20)]
    offered: list[Event] = []

    def offer_all() -> None:
        for event in events:
            inbox.offer(event)
            offered.append(event)

    thread = threading.Thread(target=offer_all)
    thread.start()
    await until(lambda: len(offered) == 3)
    inbox.offer(message(99, qos=0))  # what nobody bounds does not wait
    assert inbox.overflow() == {"site/0": 1}
    await asyncio.sleep(0.05)
    assert len(offered) == 3
    taken: list[Event] = []
    while len(taken) < 20:
        taken += await inbox.take(1)
        assert len(offered) <= len(taken) + 3
    thread.join()
    assert taken == events


async def test_a_closed_inbox_holds_nobody_up() -> None:
    inbox = Inbox(asyncio.get_running_loop(), most_bytes=1)

    def offer_all() -> None:
        for number in range(4):
            inbox.offer(message(number, size=9))

    thread = threading.Thread(target=offer_all)
    thread.start()
    await asyncio.sleep(0.02)
    assert thread.is_alive()
    inbox.close()
    thread.join(5)
    assert not thread.is_alive()


def test_an_offer_after_the_loop_has_closed_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    inbox = Inbox(loop)
    loop.close()
    inbox.offer(Closed(0, ""))
    inbox.offer(Closed(0, ""))

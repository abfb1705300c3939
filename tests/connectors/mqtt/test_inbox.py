"""The way from a thread to the event loop."""

from __future__ import annotations

import asyncio
import threading

from connectors.mqtt.inbox import Closed, Event, Inbox, Message


def message(number: int, qos: int = 1) -> Message:
    """A message with a number."""
    return Message(f"site/{qos}", b"", False, number, qos, 0)


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


def test_an_offer_after_the_loop_has_closed_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    inbox = Inbox(loop)
    loop.close()
    inbox.offer(Closed(0, ""))
    inbox.offer(Closed(0, ""))

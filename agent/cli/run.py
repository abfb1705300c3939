"""``steward run``: the agent itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog

from agent.app import Agent
from agent.cli.opening import DONE, FAILED, NO_JOURNAL, duration_s, loaded_site, say
from agent.clock import SystemClock
from agent.errors import JournalError


def set_up_logging(level: int = logging.INFO) -> None:
    """Structured lines to standard error; libraries only when something is wrong."""
    logging.basicConfig(level=logging.CRITICAL, stream=sys.stderr)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def run_site(given: Path | None, duration: str | None) -> int:
    """Run until Ctrl-C, SIGTERM or the given time; both stop in order, with nothing taken lost."""
    seconds = duration_s(duration)
    set_up_logging()
    agent = Agent(loaded_site(given), SystemClock())
    return run_until_stopped(agent.run(), seconds)


def run_until_stopped(work: Awaitable[Any], seconds: float | None) -> int:
    """Run a coroutine on an event loop of its own until it ends, ``seconds`` are over, or a signal asks to stop.

    Returns the exit code.
    """

    async def main() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, task.cancel)
        if seconds is not None:
            loop.call_later(seconds, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    return _exit_code(lambda: asyncio.run(main()))


def _exit_code(run: Callable[[], None]) -> int:
    try:
        run()
    except JournalError as error:
        say(str(error))
        return NO_JOURNAL
    except OSError as error:
        say(str(error))
        return FAILED
    return DONE

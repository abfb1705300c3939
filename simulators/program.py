"""The simulators' command line."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from simulators.errors import SimulatorError
from simulators.ports import BASE_PORT
from simulators.serve import Options, serve


def main(argv: Sequence[str] | None = None) -> int:
    """Run until stopped by SIGTERM, SIGINT or ``--for``: 0. 1, with a message on stderr, if it cannot run.

    Once everything listens, one JSON line goes to stdout: ``{"ready": true, "ports": {…}, …}``.
    """
    parsed = _parser().parse_args(argv)
    logging.basicConfig(level=logging.ERROR, format="%(name)s: %(message)s")
    options = Options(
        base_port=parsed.base_port,
        scenario=parsed.scenario,
        seed=parsed.seed,
        truth=parsed.truth,
        records=parsed.records,
        broker=parsed.broker,
        for_s=parsed.for_s,
    )
    try:
        asyncio.run(_run(options, stdin_watch=parsed.stdin_watch))
    except (SimulatorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


async def _run(options: Options, *, stdin_watch: bool) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if stdin_watch:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    await serve(options, _say_ready, stop)


def _say_ready(greeting: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(greeting) + "\n")
    sys.stdout.flush()


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Stop when whoever started us is gone: then stdin ends."""
    while os.read(0, 4096):
        pass
    with contextlib.suppress(RuntimeError):  # the loop is closed already
        loop.call_soon_threadsafe(stop.set)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulate", description="A building that can be spoken to, on loopback.")
    parser.add_argument(
        "--base-port", type=int, default=BASE_PORT, help="ports are this plus an offset (default: %(default)s)"
    )
    parser.add_argument("--scenario", default="demo", help="a name or a .toml file (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of everything that wanders (default: %(default)s)")
    parser.add_argument("--truth", type=Path, help="write what really was to this file, one JSON object a line")
    parser.add_argument(
        "--records",
        type=Path,
        metavar="FOLDER",
        help="let the building's people drop files of records into this folder; made if needed",
    )
    parser.add_argument(
        "--broker", type=_broker, metavar="embedded|HOST:PORT", help="the MQTT broker (default: embedded)"
    )
    parser.add_argument(
        "--for", dest="for_s", type=float, metavar="SECONDS", help="stop by itself after this long"
    )
    parser.add_argument("--stdin-watch", action="store_true", help="stop when standard input ends")
    return parser


def _broker(text: str) -> tuple[str, int] | None:
    if text == "embedded":
        return None
    host, colon, port = text.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise argparse.ArgumentTypeError(f'"{text}" is neither "embedded" nor HOST:PORT')
    return host, int(port)

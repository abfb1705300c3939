"""``steward scan``: what is there to be read, as a point list and the tables of its devices in a site file."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer

from agent.cli.opening import FAILED, WRONG_USAGE, say
from agent.cli.points import write_list
from agent.cli.run import set_up_logging
from agent.clock import SystemClock
from config.point_lists import columns, written
from connectors.probing import Found
from connectors.registry import scan, schema
from connectors.settings import ConnectionBase

Where = Mapping[str, Any]


def scan_and_write(
    protocol: str, connection: Where, where: Where, output: Path, english: bool, secret: Where | None = None
) -> int:
    """Look over a connection with these settings; write the points that were found to ``output``, and print the
    tables of connection and devices. Exit code 1 where nothing was found. ``secret``: settings that are not
    printed."""
    set_up_logging(logging.CRITICAL)
    try:
        settings: ConnectionBase = schema(protocol).connection.model_validate(
            {"protocol": protocol, **connection, **(secret or {})}
        )
        found = asyncio.run(scan(settings, SystemClock(), **where))
    except (OSError, ValueError) as error:
        say(f"scan {protocol}: {error}")
        return WRONG_USAGE if isinstance(error, ValueError) else FAILED
    named = _named(protocol, found)
    for device, each in named:
        for remark in each.remarks:
            say(f"{device}: {remark}")
    if not named:
        say("nothing was found")
        return FAILED
    typer.echo(_toml(protocol, connection, named, output))
    rows = [row for device, each in named for row in _rows(device, each)]
    used = {key for row in rows for key in row}
    return write_list(output, {key: zh for key, zh in columns([protocol]).items() if key in used}, rows, english)


def _named(protocol: str, found: Sequence[Found]) -> list[tuple[str, Found]]:
    """Each device with an id for the site file: from its name, else from its instance, unit or place in the
    list."""
    taken: set[str] = set()
    named = []
    for place, each in enumerate(found, 1):
        number = next((each.settings[key] for key in ("instance", "unit") if key in each.settings), place)
        named.append((_once(slug(str(each.settings.get("name", ""))) or f"{protocol}-{number}", taken), each))
    return named


def _rows(device: str, found: Found) -> Iterable[dict[str, str]]:
    taken: set[str] = set()
    for place, point in enumerate(found.points, 1):
        known = [slug(str(point[key])) for key in ("id", "name", "object", "path") if point.get(key)]
        if "address" in point:
            known.append(f"{point.get('table', 'holding')}-{point['address']}")
        name = _once(next(filter(None, known), f"point-{place}"), taken)
        cells = {key: written(value) for key, value in point.items() if key != "id"}
        yield {"device": device, "point": name, **cells}


def slug(text: str) -> str:
    """Text as an id, as far as it has letters and digits of ASCII; empty where it has none."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _once(name: str, taken: set[str]) -> str:
    """The name, or with a number where it is taken; taken from now on."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found


def _toml(protocol: str, connection: Where, named: Sequence[tuple[str, Found]], output: Path) -> str:
    """The tables to put into a site file."""
    lines = ["[points]", f"files = [{_value(output.name)}]", ""]
    lines += [f"[connections.{protocol}]", *_pairs({"protocol": protocol, **connection}), ""]
    for device, each in named:
        lines += [f"[devices.{device}]", *_pairs({"connection": protocol, **each.settings}), ""]
    return "\n".join(lines)


def _pairs(values: Where) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in values.items() if value not in ("", None)]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def numbers(text: str, option: str) -> list[int]:
    """Whole numbers such as ``1-10,20``; exits with 2 for anything else."""
    found: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,7})(?:\s*-\s*(\d{1,7}))?\s*", part, re.ASCII)
        if match is None or int(match[2] or match[1]) < int(match[1]):
            say(f"{option} {text}: give numbers such as 1-10,20")
            raise typer.Exit(WRONG_USAGE)
        found += range(int(match[1]), int(match[2] or match[1]) + 1)
    return found


def place(text: str, port: int) -> tuple[str, int]:
    """Host and port of ``host`` or ``host:port``; exits with 2 for a port that is none."""
    host, _, given = text.rpartition(":") if re.search(r":\d+$", text) else (text, "", "")
    if given and not 1 <= int(given) <= 65535:
        say(f"{text}: the port is out of range; give 1 to 65535")
        raise typer.Exit(WRONG_USAGE)
    return host, int(given) if given else port

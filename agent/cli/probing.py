"""``steward read`` and ``steward check --online``: points read once, past the agent, with the wire shown."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from agent.cli.opening import DONE, FAILED, WRONG_USAGE, loaded_site, say
from agent.cli.run import set_up_logging
from agent.cli.tables import console, sample_table
from agent.clock import SystemClock
from agent.views import Row, sample_row
from config.problems import nearest
from config.site import LoadedSite, bind
from connectors.probing import Exchange, Probe
from connectors.protocol import BoundConnection
from connectors.registry import probe
from evaluators.model.samples import Quality

Bound = BoundConnection[Any, Any, Any]

HEX_SHOWN = 64
"""Bytes of a message that are printed; all are in the JSON."""


def read_once(given: Path | None, what: str, as_json: bool) -> int:
    """Read a device, or one of its points, once; print every exchange and what it gave. Exit code 1 where a sample
    is bad or the device does not answer."""
    loaded = loaded_site(given)
    set_up_logging(logging.CRITICAL)
    numbers = _numbers(loaded)
    wanted = [only for bound in bind(loaded, numbers) if (only := _only(bound, what)) is not None]
    if not wanted:
        known = [*numbers, *(device for each in loaded.connections for device in each.devices)]
        say(f"{what}: there is no such device or point; {nearest(what, known, 'device or point')}")
        return WRONG_USAGE
    found = asyncio.run(_probes(wanted))
    if as_json:
        typer.echo(
            json.dumps([_probe_row(loaded, each, wire=True) for each in found], ensure_ascii=False, indent=1)
        )
    else:
        for each in found:
            _print_wire(each)
            console().print(sample_table(_samples(loaded, each)))
            if each.problem:
                console().print(f"[red]{escape(each.problem)}[/red]", highlight=False)
    return DONE if all(map(_is_well, found)) else FAILED


def check_online(given: Path | None, as_json: bool) -> int:
    """Read every device once; print what answered, how fast, and with what quality. Exit code 1 where anything is
    bad or silent."""
    loaded = loaded_site(given)
    set_up_logging(logging.CRITICAL)
    found = asyncio.run(_probes(bind(loaded, _numbers(loaded))))
    if as_json:
        rows = [_probe_row(loaded, each, wire=False) for each in found]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        console().print(_online_table(loaded, found))
    return DONE if all(map(_is_well, found)) else FAILED


def _numbers(loaded: LoadedSite) -> dict[str, int]:
    """Numbers of our own for the points: nothing is journaled."""
    return {point.key: number for number, point in enumerate(loaded.site.points)}


def _only(bound: Bound, what: str) -> Bound | None:
    """The connection with nothing but a device or point; None where it has neither."""
    device_id, _, point_id = what.partition("/")
    for device in bound.devices:
        if device.id == device_id:
            points = tuple(point for point in device.points if not point_id or point.key == what)
            return replace(bound, devices=(replace(device, points=points),)) if points else None
    return None


async def _probes(connections: Iterable[Bound]) -> list[Probe]:
    found = await asyncio.gather(*map(_of_connection, connections))
    return [each for several in found for each in several]


async def _of_connection(bound: Bound) -> list[Probe]:
    """Every device of a connection; all silent where the connection itself cannot be had."""
    try:
        return await probe(bound, SystemClock())
    except (OSError, ValueError) as error:
        return [Probe(device.id, (), (), str(error)) for device in bound.devices]


def _is_well(found: Probe) -> bool:
    return not found.problem and all(sample.quality is not Quality.BAD for sample in found.samples)


def _samples(loaded: LoadedSite, found: Probe) -> list[Row]:
    zone = ZoneInfo(loaded.site.zone)
    points = loaded.site.points
    return [sample_row(points[sample.point], sample, zone) for sample in found.samples]


def _probe_row(loaded: LoadedSite, found: Probe, *, wire: bool) -> Row:
    qualities = Counter(sample.quality.name.lower() for sample in found.samples)
    row: Row = {
        "device": found.device,
        "exchanges": len(found.exchanges),
        "seconds": round(sum(each.seconds for each in found.exchanges), 4),
        "slowest_s": round(max((each.seconds for each in found.exchanges), default=0.0), 4),
        "points": dict(qualities),
        "reasons": dict(Counter(sample.reason.label for sample in found.samples if sample.reason.label)),
        "problem": found.problem,
    }
    if wire:
        row["samples"] = _samples(loaded, found)
        row["wire"] = [_exchange_row(each) for each in found.exchanges]
    return row


def _exchange_row(exchange: Exchange) -> Row:
    return {
        "sent": exchange.sent.hex(" "),
        "received": exchange.received.hex(" "),
        "seconds": round(exchange.seconds, 4),
        "meaning": exchange.meaning,
    }


def _print_wire(found: Probe) -> None:
    screen = console()
    for exchange in found.exchanges:
        screen.print(f"[bold]{escape(exchange.meaning)}[/bold]  {exchange.seconds * 1000:.1f} ms", highlight=False)
        for mark, data in (("→", exchange.sent), ("←", exchange.received)):
            if data:
                more = f" … {len(data)} bytes" if len(data) > HEX_SHOWN else ""
                screen.print(f"  {mark} {data[:HEX_SHOWN].hex(' ')}{more}", highlight=False)


def _online_table(loaded: LoadedSite, found: Sequence[Probe]) -> Table:
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("device", no_wrap=True)
    for heading in ("requests", "slowest", "good", "uncertain", "bad"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("what is wrong", ratio=1)
    for each in found:
        row = _probe_row(loaded, each, wire=False)
        counts = row["points"]
        reasons = ", ".join(f"{label} {count}" for label, count in row["reasons"].items())
        table.add_row(
            each.device,
            str(row["exchanges"]),
            f"{row['slowest_s'] * 1000:.0f} ms" if each.exchanges else "–",
            *(str(counts.get(quality, 0) or "·") for quality in ("good", "uncertain", "bad")),
            escape("; ".join(part for part in (each.problem, reasons) if part)),
        )
    return table

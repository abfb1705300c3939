"""What really was: one JSON object a line, for comparing with what the agent makes of it. Times are UTC.

``{"t": ns, "iso": …, "item": key, "state": "up"|"down"}``: functional items, every one at the start, then changes.
``{"t": ns, "iso": …, "wire": device, "state": "whole"|"broken"}``: what can be seen of a device; first all is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import IO

from simulators.building.items import ITEMS
from simulators.clock import iso
from simulators.scenario import BuildingEvent, Edge, Scenario

Line = Mapping[str, int | str]
"""One line of the file."""


def line_of_item(at: int, item: str, up: bool) -> Line:
    """An item is up or down from ``at`` (ns UTC) on."""
    return {"t": at, "iso": iso(at), "item": item, "state": "up" if up else "down"}


def line_of_edge(at: int, edge: Edge) -> Line:
    """What an edge of a scenario, come true at ``at`` (ns UTC), has changed."""
    if isinstance(edge.event, BuildingEvent):
        return line_of_item(at, edge.event.item, up=not edge.begins)
    return {"t": at, "iso": iso(at), "wire": edge.event.device, "state": "broken" if edge.begins else "whole"}


def foretold(scenario: Scenario, start: int) -> Iterator[Line]:
    """The lines that a run from ``start`` (ns UTC) on would write, at the instants the scenario names.

    Needs no sockets and no time: for judging years at once.
    """
    yield from (line_of_item(start, item, up=True) for item in ITEMS)
    for edge in scenario.edges():
        yield line_of_edge(start + round(edge.at_s * 1_000_000) * 1000, edge)


def write(file: IO[str], line: Line) -> None:
    """Append a line and flush it."""
    file.write(json.dumps(line) + "\n")
    file.flush()

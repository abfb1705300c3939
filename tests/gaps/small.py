"""A site of one Modbus device, on a port where it answers or not, and the ledger of its journal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agent.cli.verdicts import assessor
from agent.gaps.store import read_gaps
from agent.history.history import History
from config.site import load_site
from evaluators.model.episodes import Episode
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Sample
from tests.connectors.modbus.field import free_port, proper, register_at
from tests.serving import serving

PERIOD_S = 0.2
HOLD_S = 3 * PERIOD_S

_SITE = """
[site]
id = "tower"
timezone = "Asia/Shanghai"
commissioned = true

[connections.field]
protocol = "modbus"
timeout_s = 0.2

[devices.panel]
connection = "field"
host = "127.0.0.1"
port = {port}
period_s = {period_s}

[devices.panel.points]
mode = {{ name = "运行", type = "int", address = 0, encoding = "uint16" }}

[systems.lifts]

[equipment.lift-1]
name = "一号梯"
system = "lifts"
kind = "lift"
subfamily = "lifts"
handed_over = 2026-01-01
critical = true

[equipment.lift-1.items.car]
name = "轿厢"
usable_when = [{{ point = "panel/mode", one_of = [{usable}] }}]
"""


@dataclass
class Small:
    """The site file in a folder, and what the agent wrote beside it."""

    folder: Path
    port: int = field(default_factory=free_port)
    answered: int = 0
    """How many questions the device has answered."""

    def __post_init__(self) -> None:
        text = _SITE.format(port=self.port, period_s=PERIOD_S, usable=register_at("holding", 0))
        self.site_file.write_text(text, encoding="utf-8")

    @property
    def site_file(self) -> Path:
        """The site."""
        return self.folder / "site.toml"

    @property
    def journal(self) -> Path:
        """Its journal."""
        return self.folder / "journal.db"

    @asynccontextmanager
    async def device(self) -> AsyncIterator[None]:
        """The device, answering."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                frame = await reader.readexactly(12)
                writer.write(proper(frame))
                self.answered += 1

        async with serving(serve, port=self.port):
            yield

    def is_collected(self) -> bool:
        """Whether the agent has begun."""
        log = self.folder / "agent.log"
        return log.is_file() and "collecting" in log.read_text(encoding="utf-8")

    def gaps(self, cause: GapCause | None = None) -> list[Gap]:
        """The ledger."""
        with History.open(self.journal) as history:
            return [gap for _, gap in read_gaps(history) if cause in (None, gap.cause)]

    def episodes(self, start: int, end: int) -> tuple[Episode, ...]:
        """The states of its lift as found from the journal."""
        loaded = load_site(self.site_file)
        with History.open(self.journal) as history:
            found = assessor(loaded, history)
            return found.episodes(start, end)["lift-1/car"]

    def samples(self) -> list[Sample]:
        """All samples in order of time."""
        with History.open(self.journal) as history:
            return list(history.samples([number for number, _ in history.points().values()]))

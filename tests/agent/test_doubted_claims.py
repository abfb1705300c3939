"""Claims that the wire does not bear out, in ``steward explain`` and ``steward standing``."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli import app
from agent.clock import SystemClock
from agent.journal.journal import Journal
from agent.records.draft import Draft
from agent.records.store import encode, take
from config.site import load_site
from evaluators.model.bodies import Body, Instant, Performer, Round, Service, Test
from evaluators.model.samples import BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.times import MINUTE_NS, SECOND_NS, instant
from tests.e2e.site import DEMO

NINE = instant(datetime.fromisoformat("2026-03-10T09:00:00+08:00"))
LATER = "2026-03-10T09:05:00+08:00"
ADDRESSES = ("1-001", "1-002")


def form(record_id: str, until: int) -> Draft:
    """A form of a test of two detectors."""
    body = Test(
        equipment="fire-panel",
        performed_at=Instant(NINE),
        finished_at=Instant(until),
        part_kind="smoke",
        addresses=ADDRESSES,
        person="顾听澜",
    )
    return Draft(id=record_id, body=body, author="秦景行")


@pytest.fixture
async def site_file(tmp_path: Path) -> Path:
    """The demo's site; its panel was polled around nine, and nothing went into alarm or test."""
    file = tmp_path / "site.toml"
    file.write_text(DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    loaded = load_site(file)
    journal = Journal.open(loaded.journal_path, SystemClock())
    panel = [point for point in loaded.site.points if point.key.startswith("fire-panel/")]
    numbers = journal.register([(point.key, point.kind) for point in panel])
    builder = BlockBuilder("bms")
    for second in range(-60, 360):
        for point in panel:
            value: Any = {ValueKind.INT: 0, ValueKind.BOOL: False}.get(point.kind, 0.0)
            at = NINE + second * SECOND_NS
            builder.add(numbers[point.key], point.kind, at, value, Quality.GOOD, Reason.NONE)
    await journal.put(builder.build(NINE + 6 * MINUTE_NS))
    bodies: list[Body] = [
        Round(equipment=("lift-1",), performed_at=Instant(NINE), person="王"),
        Service(equipment=("lift-1",), performed_at=Instant(NINE), performer=Performer.MAKER),
    ]
    drafts = [form("FT-1", NINE + MINUTE_NS), *(Draft(id=f"B-{n}", body=body) for n, body in enumerate(bodies))]
    rows = [encode(draft) for draft in drafts]
    await journal.write(lambda connection: take(connection, rows, NINE + 2 * MINUTE_NS))
    await journal.close()
    return file


def asked(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


async def test_explain_names_the_claim_who_made_it_and_what_the_panel_shows(site_file: Path) -> None:
    (site,) = json.loads(asked("explain", "2.2.1-test", str(site_file), "--at", LATER, "--json"))
    (claim,) = site["doubted_claims"]
    assert claim == {
        "record": "test:FT-1@1",
        "equipment": "fire-panel",
        "at": "2026-03-10T09:00:00.000000+08:00",
        "telemetry": "no_trace",
        "author": "秦景行",
        "person": "顾听澜",
        "says": "2 parts (smoke) of fire-panel tested: 1-001, 1-002, normal, 2026-03-10 09:00 to 2026-03-10 09:01",
        "shows": "2 never went into alarm or test: 1-001, 1-002",
    }
    shown = " ".join(asked("explain", "2.2.1-test", str(site_file), "--at", LATER).split())
    assert "Claims that telemetry contradicts, or of which it shows no trace" in shown
    assert "秦景行" in shown


async def test_a_clause_that_rests_on_other_records_says_nothing_of_it(site_file: Path) -> None:
    (site,) = json.loads(asked("explain", "1.4-daily", str(site_file), "--at", LATER, "--json"))
    assert site["doubted_claims"] == []
    assert "telemetry contradicts" not in asked("explain", "1.4-daily", str(site_file), "--at", LATER)


async def test_the_standing_has_every_claim_of_the_open_windows(site_file: Path) -> None:
    found = json.loads(asked("standing", str(site_file), "--at", LATER, "--json"))
    assert [claim["record"] for claim in found["doubted_claims"]] == ["test:FT-1@1"]
    assert "test:FT-1@1" in asked("standing", str(site_file), "--at", LATER)
    before = json.loads(asked("standing", str(site_file), "--at", "2026-03-10T08:59:00+08:00", "--json"))
    assert before["doubted_claims"] == []

"""The queries of docs/influxdb.md do on the real servers what the page says."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from agent.lineprotocol import PointTags
from config.influxdb import InfluxSettings
from evaluators.model.samples import BlockBuilder, Quality, Reason, ValueKind
from evaluators.model.times import MINUTE_NS
from tests.forwarder.rows import Setting, running
from tests.services.influxdb import InfluxServer
from tests.services.influxdb18 import Server18
from tests.waiting import until

PAGE = (Path(__file__).parents[2] / "docs" / "influxdb.md").read_text(encoding="utf-8")

pytestmark = pytest.mark.service


def queries(language: str) -> list[str]:
    """The page's queries, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


async def deliver(setting: Setting, settings: InfluxSettings) -> None:
    """Of one point: two good values, an uncertain one, one that timed out, and one that was there already when a
    failure of the same instant won against it; of another a single value, long ago."""
    number, other = setting.numbers["f"], setting.numbers["i"]
    setting.tags[number] = PointTags("tower", "hvac", "ahu-1", "supply")
    setting.tags[other] = PointTags("tower", "hvac", "pump-1", "runs")
    at = setting.clock.now() - 4 * MINUTE_NS
    builder = BlockBuilder("line")
    builder.add(number, ValueKind.FLOAT, at, 20.0)
    builder.add(number, ValueKind.FLOAT, at + 1, 22.0)
    builder.add(number, ValueKind.FLOAT, at + 2, 27.0, Quality.UNCERTAIN, Reason.OVERRIDDEN)
    builder.bad(number, ValueKind.FLOAT, at + 3, Reason.TIMEOUT)
    builder.add(number, ValueKind.FLOAT, at + 4, 99.0)
    builder.add(other, ValueKind.INT, at - 6 * MINUTE_NS, 1)
    late = BlockBuilder("line")
    late.bad(number, ValueKind.FLOAT, at + 4, Reason.TIMEOUT)
    async with running(setting.forwarder(settings)):
        for block in (builder.build(at), late.build(at)):
            await setting.journal.put(block)
            await until(setting.delivered)


def flux(server: InfluxServer, query: str) -> list[dict[str, str]]:
    """The rows of a query on the bucket of the test."""
    body = {
        "query": query.replace('bucket: "telemetry"', f'bucket: "{server.bucket}"'),
        "dialect": {"header": True, "annotations": []},
    }
    text = server.ask("POST", f"/api/v2/query?org={server.org}", body).data.decode()
    tables = text.strip().split("\r\n\r\n")
    return [row for table in tables for row in csv.DictReader(io.StringIO(table))]


async def test_the_flux_queries_answer_as_the_page_says(setting: Setting, influxdb: InfluxServer) -> None:
    await deliver(setting, influxdb.settings())
    chart, newest, failures, silent = (flux(influxdb, query) for query in queries("flux"))
    assert [float(row["float"]) for row in chart] == [23.0]
    assert [(row["point"], row["_value"]) for row in newest] == [("supply", "2")]
    assert {(row["device"], row["reason"]): row["_value"] for row in failures} == {
        ("ahu-1", "overridden"): "1",
        ("ahu-1", "timeout"): "2",
    }
    assert [(row["device"], row["point"]) for row in silent] == [("pump-1", "runs")]


async def test_the_influxql_queries_answer_as_the_page_says(setting: Setting, influxdb18: Server18) -> None:
    database = f"page-{setting.clock.now()}"
    influxdb18.ask(f'CREATE DATABASE "{database}"')
    await deliver(setting, influxdb18.settings(database))
    chart, newest, timeouts = (influxdb18.ask(query, database) for query in queries("sql"))
    assert [row[1] for series in chart for row in series["values"]] == [23.0]
    assert {(s["tags"]["device"], s["tags"]["point"]): s["values"][0][1] for s in newest} == {
        ("ahu-1", "supply"): 2,
        ("pump-1", "runs"): 0,
    }
    assert [(s["tags"]["device"], s["values"][0][1]) for s in timeouts] == [("ahu-1", 2)]


async def test_the_loser_of_a_conflict_may_leave_its_value_beside_quality_2(
    setting: Setting, influxdb: InfluxServer
) -> None:
    """As the page warns: InfluxDB merges fields, and there is no line that takes one away."""
    await deliver(setting, influxdb.settings())
    there = {(value, quality) for _, point, _, value, quality in influxdb.samples() if point == "supply"}
    assert there == {(20.0, 0), (22.0, 0), (27.0, 1), (None, 2), (99.0, 2)}


def test_every_field_and_tag_is_on_the_page() -> None:
    for name in ("site", "system", "device", "float", "integer", "boolean", "string", "quality", "reason"):
        assert f"`{name}`" in PAGE

"""Forwarding to a real InfluxDB 1.8 by its v2 endpoints: token ``user:password``, bucket ``database/policy``."""

from __future__ import annotations

import time
import uuid

import pytest

from agent.forwarder import Delivery
from evaluators.model.samples import INT64_MAX, INT64_MIN, BlockBuilder, Value, ValueKind
from tests.forwarder.rows import FIELDS, START, Setting, running
from tests.services.influxdb18 import USER, Server18
from tests.waiting import until

pytestmark = pytest.mark.service


@pytest.fixture
def database(influxdb18: Server18) -> str:
    """A database for this test alone."""
    name = f"test-{uuid.uuid4()}"
    influxdb18.ask(f'CREATE DATABASE "{name}"')
    return name


@pytest.mark.parametrize("suffix", ["", "/autogen"])
async def test_every_kind_of_value_arrives_exactly(
    setting: Setting, influxdb18: Server18, database: str, suffix: str
) -> None:
    exact: dict[str, list[Value]] = {
        "f": [0.1, -273.15, 1e22],
        "i": [INT64_MIN, INT64_MAX, 0, 2**53 + 1],
        "b": [True, False],
        "t": ["", "开", 'say "no"', "back\\slash", "a,b=c d"],
    }
    for point, values in exact.items():
        await setting.put(*((point, offset, value) for offset, value in enumerate(values)))
    async with running(setting.forwarder(influxdb18.settings(database + suffix))):
        await until(setting.delivered)
    for point, values in exact.items():
        assert influxdb18.field(database, FIELDS[point]) == {
            ("plc", point, START + offset): value for offset, value in enumerate(values)
        }
    assert set(influxdb18.field(database, "quality").values()) == {0}


async def test_a_row_too_long_for_it_is_a_dead_letter_and_its_neighbours_are_stored(
    setting: Setting, influxdb18: Server18, database: str
) -> None:
    await setting.put(("t", 0, "fine"), ("t", 1, "x" * 70_000), ("t", 2, "fine"))
    async with running(setting.forwarder(influxdb18.settings(database))):
        await until(setting.delivered)
    with setting.history() as history:
        dead = {time - START for _, _, time, _, _ in history.dead_letters()}
    stored = {key[2] - START for key in influxdb18.field(database, "string")}
    assert dead | stored == {0, 1, 2}
    assert {0, 2} <= stored


@pytest.mark.parametrize("wrong", [{"bucket": "nowhere"}, {"token": f"{USER}:wrong"}, {"token": "nonsense"}])
async def test_what_it_refuses_is_kept(
    setting: Setting, influxdb18: Server18, database: str, wrong: dict[str, str]
) -> None:
    await setting.put(("i", 0, 1))
    forwarder = setting.forwarder(influxdb18.settings(**{"bucket": database, **wrong}))
    async with running(forwarder):
        await until(lambda: forwarder.health.state is Delivery.REFUSED)
    assert setting.cursor() == 0
    async with running(setting.forwarder(influxdb18.settings(database))):
        await until(setting.delivered)
    assert influxdb18.field(database, "integer") == {("plc", "i", START): 1}


async def test_a_poisonous_row_is_a_dead_letter_in_its_words_and_the_others_are_stored(
    setting: Setting, influxdb18: Server18, database: str
) -> None:
    influxdb18.write(database, f'telemetry,device=plc,point=i,site=tower,system=hvac integer="text" {START - 1}')
    rows: list[tuple[str, int, Value]] = [("f", offset, offset / 7) for offset in range(999)]
    rows.insert(500, ("i", 500, 7))
    await setting.put(*rows)
    async with running(setting.forwarder(influxdb18.settings(database))):
        await until(setting.delivered)
    assert len(influxdb18.field(database, "float")) == 999
    with setting.history() as history:
        ((_, point, at, line, reason),) = history.dead_letters()
    assert (point, at) == (setting.numbers["i"], START + 500)
    assert "integer=7i" in line
    assert "field type conflict" in reason


@pytest.mark.parametrize("policy", ["", "autogen", 'month "1"'])
async def test_a_database_that_is_not_there_is_made_with_its_retention(
    setting: Setting, influxdb18: Server18, policy: str
) -> None:
    database = f"test-{uuid.uuid4()}"
    bucket = f"{database}/{policy}" if policy else database
    now = time.time_ns()
    await setting.put(("i", 0, 1))
    builder = BlockBuilder("line")
    builder.add(setting.numbers["i"], ValueKind.INT, now, 7)
    await setting.journal.put(builder.build(now))
    settings = influxdb18.settings(bucket, create_bucket=True, retention_days=30)
    forwarder = setting.forwarder(settings)
    async with running(forwarder):
        await until(setting.delivered)
    (policies,) = influxdb18.ask(f'SHOW RETENTION POLICIES ON "{database}"')
    durations = {row[0]: row[1] for row in policies["values"]}
    assert durations[policy or "autogen"] == "720h0m0s"
    held = influxdb18.field(database, "integer", policy or "autogen")
    assert held == {("plc", "i", now): 7}
    assert (forwarder.health_row()["expired"], forwarder.health_row()["dead_letters"]) == (1, 0)


async def test_a_user_who_may_only_write_cannot_make_a_database_and_it_says_so(
    setting: Setting, influxdb18: Server18, database: str
) -> None:
    user = f"u{uuid.uuid4().hex}"
    influxdb18.ask(f"CREATE USER {user} WITH PASSWORD 'pw'")
    influxdb18.ask(f'GRANT WRITE ON "{database}" TO {user}')
    await setting.put(("i", 0, 1))
    changes: dict[str, object] = {"token": f"{user}:pw", "create_bucket": True}
    forwarder = setting.forwarder(influxdb18.settings(f"{database}/nowhere", **changes))
    async with running(forwarder):
        await until(lambda: forwarder.health.state is Delivery.REFUSED)
    assert "retention policy not found: nowhere" in forwarder.health.detail
    assert "the bucket cannot be made: HTTP 403: error authorizing query" in forwarder.health.bucket
    async with running(setting.forwarder(influxdb18.settings(database, **changes))):
        await until(setting.delivered)
    assert influxdb18.field(database, "integer") == {("plc", "i", START): 1}

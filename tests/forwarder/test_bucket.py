"""The bucket is made where it is missing, and only where that was asked for, on real servers of both kinds."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from agent.bucket import BucketMaker
from agent.forwarder import Delivery
from evaluators.model.samples import BlockBuilder, ValueKind
from tests.forwarder.fake import STORED, answer, listening
from tests.forwarder.rows import START, Setting, running
from tests.services.influxdb import InfluxServer
from tests.services.influxdb18 import USER, Server18
from tests.waiting import until

DAY_S = 86400


@pytest.fixture
def name() -> str:
    """No bucket or database has it yet."""
    return f"made-{uuid.uuid4()}"


def bucket_of(server: InfluxServer, name: str) -> dict[str, Any]:
    """What InfluxDB 2 says of a bucket."""
    found: list[dict[str, Any]] = server.ask("GET", f"/api/v2/buckets?name={name}").json()["buckets"]
    return found[0]


def limited(server: InfluxServer, *permissions: tuple[str, str]) -> str:
    """A token with these rights only: action, kind of resource."""
    (org,) = server.ask("GET", f"/api/v2/orgs?org={server.org}").json()["orgs"]
    at = {"buckets": "orgID", "orgs": "id"}
    rights = [{"action": a, "resource": {"type": kind, at[kind]: org["id"]}} for a, kind in permissions]
    made = server.ask("POST", "/api/v2/authorizations", {"orgID": org["id"], "permissions": rights})
    token: str = made.json()["token"]
    return token


@pytest.mark.service
@pytest.mark.parametrize(("days", "rules"), [(None, [0]), (30, [30 * DAY_S])])
async def test_a_missing_bucket_is_made_at_start(
    setting: Setting, influxdb: InfluxServer, name: str, days: int | None, rules: list[int]
) -> None:
    settings = influxdb.settings(bucket=name, create_bucket=True, retention_days=days)
    assert BucketMaker(settings).make() == ""
    made = bucket_of(influxdb, name)
    assert [rule["everySeconds"] for rule in made["retentionRules"]] == rules
    assert BucketMaker(influxdb.settings(bucket=name, create_bucket=True, retention_days=7)).make() == ""
    assert bucket_of(influxdb, name)["retentionRules"] == made["retentionRules"], "an existing one stays as it is"


@pytest.mark.service
async def test_a_bucket_that_is_deleted_is_made_again_and_goes_on(
    setting: Setting, influxdb: InfluxServer, name: str
) -> None:
    await setting.put(("i", 0, 1))
    forwarder = setting.forwarder(influxdb.settings(bucket=name, create_bucket=True))
    async with running(forwarder):
        await until(setting.delivered)
        influxdb.ask("DELETE", f"/api/v2/buckets/{bucket_of(influxdb, name)['id']}")
        await setting.put(("i", 1, 2))
        await until(setting.delivered)
    there = InfluxServer(influxdb.url, influxdb.org, influxdb.token, name)
    assert there.field("integer") == {("plc", "i", START + 1): 2}


@pytest.mark.service
@pytest.mark.parametrize(
    ("rights", "said"),
    [
        ([("read", "buckets"), ("read", "orgs")], "the bucket cannot be made: HTTP 40"),
        ([("read", "buckets")], "the bucket cannot be made: the token shows no organisation 'tests'"),
    ],
)
async def test_a_token_that_may_not_keeps_everything_and_it_is_said_once(
    setting: Setting, influxdb: InfluxServer, name: str, rights: list[tuple[str, str]], said: str
) -> None:
    await setting.put(("i", 0, 1))
    token = limited(influxdb, *rights)
    forwarder = setting.forwarder(influxdb.settings(bucket=name, token=token, create_bucket=True))
    with capture_logs() as logs:
        async with running(forwarder):
            await until(lambda: forwarder.health.state is Delivery.REFUSED)
            await until(lambda: len([wait for wait in setting.clock.asked if wait > 10]) >= 3)
    assert setting.cursor() == 0
    assert forwarder.health_row()["bucket"].startswith(said)
    assert [entry["event"] for entry in logs].count("InfluxDB has no bucket for us") == 1


@pytest.mark.service
@pytest.mark.parametrize(("suffix", "policy"), [("", "autogen"), ("/month", "month")])
async def test_on_1_8_the_database_is_made_with_its_retention(
    setting: Setting, influxdb18: Server18, name: str, suffix: str, policy: str
) -> None:
    await setting.put(("i", 0, 1))
    settings = influxdb18.settings(name + suffix, create_bucket=True, retention_days=7300)
    async with running(setting.forwarder(settings)):
        await until(setting.delivered)
    (series,) = influxdb18.ask(f'SHOW RETENTION POLICIES ON "{name}"')
    durations = {row[0]: row[1] for row in series["values"]}
    assert durations[policy] == f"{7300 * 24}h0m0s"
    (series,) = influxdb18.ask(f'SELECT "integer" FROM "{policy}".telemetry', name)
    assert series["values"] == [[START, 1]]
    assert BucketMaker(influxdb18.settings(name + suffix, create_bucket=True, retention_days=7)).make() == ""


@pytest.mark.service
async def test_on_1_8_a_wrong_password_is_said(influxdb18: Server18, name: str) -> None:
    problem = BucketMaker(influxdb18.settings(name, token=f"{USER}:wrong")).make()
    assert problem == "the bucket cannot be made: HTTP 401: authorization failed"


@pytest.mark.service
async def test_a_token_that_may_make_buckets_and_nothing_else_is_enough(
    setting: Setting, influxdb: InfluxServer, name: str
) -> None:
    await setting.put(("i", 0, 1))
    token = limited(influxdb, ("read", "buckets"), ("write", "buckets"), ("read", "orgs"))
    async with running(setting.forwarder(influxdb.settings(bucket=name, token=token, create_bucket=True))):
        await until(setting.delivered)


@pytest.mark.service
async def test_a_token_that_may_only_write_to_the_bucket_is_enough_where_that_is_there(
    setting: Setting, influxdb: InfluxServer
) -> None:
    await setting.put(("i", 0, 1))
    bucket = bucket_of(influxdb, influxdb.bucket)
    resource = {"type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"]}
    asked = {"orgID": bucket["orgID"], "permissions": [{"action": "write", "resource": resource}]}
    token = influxdb.ask("POST", "/api/v2/authorizations", asked).json()["token"]
    with capture_logs() as logs:
        async with running(setting.forwarder(influxdb.settings(token=token, create_bucket=True))):
            await until(setting.delivered)
    assert influxdb.field("integer") == {("plc", "i", START): 1}
    assert [entry for entry in logs if entry["log_level"] != "info"] == []


@pytest.mark.service
async def test_what_is_older_than_the_retention_is_counted_and_holds_nothing_up(
    setting: Setting, influxdb: InfluxServer, name: str
) -> None:
    now = time.time_ns()
    await setting.put(*(("i", offset, offset) for offset in range(300)))
    builder = BlockBuilder("line")
    builder.add(setting.numbers["f"], ValueKind.FLOAT, now, 1.5)
    await setting.journal.put(builder.build(now))
    forwarder = setting.forwarder(influxdb.settings(bucket=name, create_bucket=True, retention_days=30))
    async with running(forwarder):
        await until(setting.delivered)
    row = forwarder.health_row()
    assert (row["expired"], row["dead_letters"], row["state"]) == (300, 0, "up")
    assert replace(influxdb, bucket=name).field("float") == {("plc", "f", now): 1.5}


async def test_what_could_not_be_made_is_forgotten_once_it_takes_samples(setting: Setting) -> None:
    await setting.put(("i", 0, 1))
    missing = answer("404 Not Found", '{"code": "not found", "message": "bucket \\"b\\" not found"}')
    refused = answer("401 Unauthorized", '{"code": "unauthorized", "message": "no"}')
    writes = iter([missing, missing])
    async with listening(lambda lines: refused if lines == [""] else next(writes, STORED)) as fake:
        forwarder = setting.forwarder(fake.settings().model_copy(update={"create_bucket": True}))
        async with running(forwarder):
            await until(lambda: forwarder.health.bucket == "the bucket cannot be made: HTTP 401: no")
            await until(setting.delivered)
            assert forwarder.health_row()["bucket"] == ""


async def test_a_server_that_is_gone_is_said() -> None:
    async with listening(lambda lines: None) as fake:
        settings = fake.settings()
    assert "cannot be made: NewConnectionError" in BucketMaker(settings).make()

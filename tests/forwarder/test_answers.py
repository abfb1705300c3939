"""What InfluxDB's answers mean, one by one."""

from __future__ import annotations

import json

import pytest

from agent.answers import RETRY_AFTER_AT_MOST_S, Meaning, meaning, retry_after_s

NOW = 1_767_225_600 * 10**9
"""2026-01-01T00:00:00Z."""


def said(code: str, message: str) -> str:
    """An error in InfluxDB's own words."""
    return json.dumps({"code": code, "message": message})


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (204, "", Meaning.STORED),
        (200, "", Meaning.UNREACHABLE),
        (201, "", Meaning.UNREACHABLE),
        (302, "", Meaning.UNREACHABLE),
        (400, said("invalid", "unable to parse"), Meaning.POISONED),
        (422, said("unprocessable entity", "field type conflict"), Meaning.POISONED),
        (400, "<html>", Meaning.UNREACHABLE),
        (400, "[]", Meaning.UNREACHABLE),
        (400, '{"error": "no"}', Meaning.UNREACHABLE),
        (401, said("unauthorized", "unauthorized access"), Meaning.REFUSED),
        (403, "", Meaning.REFUSED),
        (404, said("not found", "bucket not found"), Meaning.REFUSED),
        (408, "", Meaning.UNREACHABLE),
        (413, "", Meaning.TOO_LARGE),
        (429, "", Meaning.BUSY),
        (500, said("internal error", "oops"), Meaning.UNREACHABLE),
        (503, "", Meaning.BUSY),
        (0, "", Meaning.UNREACHABLE),
    ],
)
def test_every_status_has_one_meaning(status: int, body: str, expected: Meaning) -> None:
    answer = meaning(status, {}, body, NOW)
    assert answer.meaning is expected
    assert (answer.detail == "") is (expected is Meaning.STORED)


BEYOND = (
    "failure writing points to database: partial write: dropped 3 points outside retention policy of duration "
    "720h0m0s - oldest point p,x=a\\ dropped=7 at 2023-11-14T22:13:20Z dropped because it violates a "
    "Retention Policy Lower Bound at 2026-10-29T08:46:59Z, newest point p at 2023-11-14T22:13:20Z dropped because "
    "it violates a Retention Policy Lower Bound at 2026-10-29T08:46:59Z"
)
WHERE = " for database: 5d32d58051dba760 for retention policy: autogen"


@pytest.mark.parametrize(
    ("words", "expected", "dropped", "expired"),
    [
        ("unable to parse", Meaning.POISONED, None, 0),
        ("dropped=3 of them", Meaning.POISONED, None, 0),
        ("partial write: x is y dropped=3", Meaning.POISONED, 3, 0),
        ("partial write: x is y dropped=3" + WHERE, Meaning.POISONED, 3, 0),
        ("partial write: points beyond retention policy dropped=3", Meaning.STORED, None, 3),
        (BEYOND + " dropped=3" + WHERE, Meaning.STORED, None, 3),
        (BEYOND + " dropped=4" + WHERE, Meaning.POISONED, 4, 0),
        ("partial write: shard 12 is pending deletion dropped=5", Meaning.UNREACHABLE, None, 0),
    ],
)
def test_a_partial_write_says_what_it_dropped(
    words: str, expected: Meaning, dropped: int | None, expired: int
) -> None:
    answer = meaning(422, {}, said("unprocessable entity", words), NOW)
    assert (answer.meaning, answer.dropped, answer.expired) == (expected, dropped, expired)
    assert answer.detail


def test_the_words_of_1_8_count_where_its_version_is_in_the_head() -> None:
    head = {"X-Influxdb-Version": "1.8.10"}
    body = json.dumps({"error": "partial write: field type conflict dropped=1"})
    assert meaning(400, {}, body, NOW).meaning is Meaning.UNREACHABLE
    assert meaning(400, head, body, NOW).meaning is Meaning.POISONED
    assert meaning(400, head, json.dumps({"error": 1}), NOW).meaning is Meaning.UNREACHABLE
    missing = json.dumps({"error": "retention policy not found: month"})
    assert (meaning(500, head, missing, NOW).meaning, meaning(500, head, missing, NOW).missing) == (
        Meaning.REFUSED,
        True,
    )
    assert meaning(500, {}, missing, NOW).meaning is Meaning.UNREACHABLE
    assert [status for status in (401, 403, 404) if meaning(status, {}, "", NOW).missing] == [404]


def test_the_detail_is_one_line_in_the_servers_words() -> None:
    assert meaning(404, {}, said("not found", 'bucket\n "b" not found'), NOW).detail == (
        'HTTP 404: bucket "b" not found; check token, org and bucket'
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("37", 37.0),
        (" 0 ", 0.0),
        ("Thu, 01 Jan 2026 00:01:30 GMT", 90.0),
        ("Thu, 01 Jan 2026 00:01:30 -0000", 90.0),
        ("Wed, 31 Dec 2025 23:00:00 GMT", 0.0),
        ("999999999", RETRY_AFTER_AT_MOST_S),
        ("Fri, 01 Jan 2027 00:00:00 GMT", RETRY_AFTER_AT_MOST_S),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after_s({"retry-After": header}, NOW) == seconds


def test_without_the_header_the_sender_decides() -> None:
    assert meaning(503, {}, "", NOW).retry_after_s is None
    assert meaning(429, {"Retry-After": "5"}, "", NOW).retry_after_s == 5.0

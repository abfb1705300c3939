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


def test_a_partial_write_says_how_many_lines_it_dropped() -> None:
    body = said("unprocessable entity", "failure writing points to database: partial write: x is y dropped=3")
    assert meaning(422, {}, body, NOW).dropped == 3
    assert meaning(422, {}, said("unprocessable entity", "dropped=3 of them"), NOW).dropped is None


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

"""What InfluxDB's answer to a write means, that of 2.x and of 1.8. Pure.

Only a 204 says that the lines are stored, and a 400 or 422 that they were older than InfluxDB keeps anything: then
they are as good as stored and gone again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import StrEnum

from evaluators.model.times import SECOND_NS, instant

RETRY_AFTER_AT_MOST_S = 600.0
_END = r" dropped=(?P<dropped>\d+)(?: for database: \S+)?(?: for retention policy: \S+)?$"
_DROPPED = re.compile(r"partial write: .*" + _END)
_EXPIRED = re.compile(
    r"partial write: (?:points beyond retention policy"  # 1.8 and older 2.x
    r"|dropped (?P<old>\d+) points outside retention policy of duration .*)" + _END
)
_GOING = re.compile(r"partial write: shard \d+ is pending deletion" + _END)


class Meaning(StrEnum):
    """What the sender does next."""

    STORED = "stored"
    """Everything is stored: go on."""
    BUSY = "busy"
    """The same again, after the time it asks for."""
    UNREACHABLE = "unreachable"
    """No answer, or none of InfluxDB's own: the same again, later and later."""
    REFUSED = "refused"
    """Token, organisation or bucket are wrong: a person must act; the same again, slowly."""
    TOO_LARGE = "too_large"
    """The same in smaller pieces."""
    POISONED = "poisoned"
    """Some lines will never be taken; the others may or may not be stored. Find them."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request. ``detail`` is one line for a person."""

    meaning: Meaning
    detail: str = ""
    retry_after_s: float | None = None
    dropped: int | None = None
    """Of a partial write: how many lines were not stored, where it says so."""
    expired: int = 0
    """How many lines were older than InfluxDB keeps anything; all others are stored."""
    missing: bool = False
    """Whether what was written to is not there."""


def meaning(status: int, headers: Mapping[str, str], body: str, now: int) -> Answer:
    """What an answer means at the instant ``now`` (ns UTC, for a Retry-After that is a date).

    A refusal of lines counts only in InfluxDB's own words: a proxy that answers 400 to everything must not send
    everything to the dead letters.
    """
    said = _message(headers, body)
    detail = f"HTTP {status}: {said or 'not the answer of an InfluxDB'}"
    if status == 204:
        return Answer(Meaning.STORED)
    if status in (429, 503):
        return Answer(Meaning.BUSY, f"HTTP {status}: {said or 'busy'}", retry_after_s(headers, now))
    if status == 413:
        return Answer(Meaning.TOO_LARGE, detail)
    if status in (400, 422) and said:
        return _partial(said)
    missing = status == 404 or (status == 500 and said.startswith("retention policy not found"))
    if status in (401, 403) or missing:
        return Answer(Meaning.REFUSED, detail + "; check token, org and bucket", missing=missing)
    return Answer(Meaning.UNREACHABLE, detail)


def _partial(said: str) -> Answer:
    """A refusal of some of the lines."""
    if _GOING.search(said):  # soon these are too old, or the bucket is gone
        return Answer(Meaning.UNREACHABLE, said)
    expired = _EXPIRED.search(said)
    if expired and expired["old"] in (None, expired["dropped"]):
        return Answer(Meaning.STORED, said, expired=int(expired["dropped"]))
    dropped = _DROPPED.search(said)
    return Answer(Meaning.POISONED, said, dropped=int(dropped["dropped"]) if dropped else None)


def retry_after_s(headers: Mapping[str, str], now: int) -> float | None:
    """Seconds to wait by the Retry-After header (a number or a date, RFC 9110), ten minutes at most."""
    text = {name.lower(): value for name, value in headers.items()}.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_AT_MOST_S)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = (instant(at if at.tzinfo else at.replace(tzinfo=UTC)) - now) / SECOND_NS
    return min(max(wait, 0.0), RETRY_AFTER_AT_MOST_S)


def _message(headers: Mapping[str, str], body: str) -> str:
    """InfluxDB's own words in an answer's body; empty where they are not InfluxDB's.

    2.x gives a code and a message. 1.8 gives an error alone, which others do too: its version must be in the head.
    """
    try:
        said = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(said, dict):
        return ""
    words = said.get("message") if isinstance(said.get("code"), str) else None
    if words is None and "x-influxdb-version" in map(str.lower, headers):
        words = said.get("error")
    return " ".join(words.split()) if isinstance(words, str) else ""

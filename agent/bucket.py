"""Making the bucket where it is missing: by InfluxDB 2's API or, where that is not there, by 1.8's InfluxQL."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from config.influxdb import InfluxSettings

DAY_S = 86400
DEFAULT_POLICY = "autogen"
"""What 1.8 calls the policy that comes with a database."""
_THERE_ALREADY = ("already exists", "conflicts with an existing policy")


class BucketMaker:
    """Makes one server's bucket. Blocking: each of its few requests ends within about ``timeout_s``."""

    def __init__(self, settings: InfluxSettings) -> None:
        self._settings = settings
        self._token = settings.token.get_secret_value()
        self._pool = urllib3.PoolManager(retries=False, timeout=settings.timeout_s)

    def make(self) -> str:
        """See that the bucket is there. Empty, or why it could not be made. An existing one is left as it is."""
        try:
            return self._make()
        except (HTTPError, OSError) as error:
            return f"the bucket cannot be made: {type(error).__name__}: {error}"

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _make(self) -> str:
        named = {"org": self._settings.org, "name": self._settings.bucket}
        status, said = self._ask("GET", "/api/v2/buckets", named)
        if status == 404 and not said:
            return self._make_database()
        if status == 200 and said.get("buckets"):
            return ""
        if status not in (200, 404):
            return _problem(status, said)
        status, said = self._ask("GET", "/api/v2/orgs", {"org": self._settings.org})
        if status != 200:
            return _problem(status, said)
        if not said["orgs"]:
            return f"the bucket cannot be made: the token shows no organisation {self._settings.org!r}"
        days = self._settings.retention_days
        rules = [] if days is None else [{"type": "expire", "everySeconds": days * DAY_S}]
        bucket = {"orgID": said["orgs"][0]["id"], "name": self._settings.bucket, "retentionRules": rules}
        return self._outcome(*self._ask("POST", "/api/v2/buckets", {}, json.dumps(bucket).encode()))

    def _make_database(self) -> str:
        """A database of 1.8; with a policy in the bucket's name, that as well."""
        database, _, policy = self._settings.bucket.partition("/")
        if policy == DEFAULT_POLICY:
            policy = ""
        days = self._settings.retention_days
        lasting = "INF" if days is None else f"{days}d"
        statements = [f"CREATE DATABASE {_quoted(database)}" + ("" if policy else f" WITH DURATION {lasting}")]
        if policy:
            on = f"{_quoted(policy)} ON {_quoted(database)}"
            statements.append(f"CREATE RETENTION POLICY {on} DURATION {lasting} REPLICATION 1")
        for statement in statements:
            problem = self._outcome(*self._ask("POST", "/query", {}, urlencode({"q": statement}).encode()))
            if problem:
                return problem
        return ""

    def _outcome(self, status: int, said: Mapping[str, Any]) -> str:
        refused = next((result["error"] for result in said.get("results", ()) if "error" in result), "")
        words = refused or said.get("message") or ""
        if (status < 300 and not refused) or any(there in words for there in _THERE_ALREADY):
            return ""
        return _problem(status, {"error": refused} if refused else said)

    def _ask(
        self, method: str, path: str, fields: Mapping[str, str], body: bytes | None = None
    ) -> tuple[int, dict[str, Any]]:
        """The status of the answer, and what it says where that is a JSON object."""
        query = f"?{urlencode(fields)}" if fields else ""
        headers = {"Authorization": f"Token {self._token}", "Content-Type": "application/json"}
        if path == "/query":
            headers = urllib3.make_headers(basic_auth=self._token)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        url = self._settings.url.rstrip("/") + path + query
        answer = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        try:
            said = json.loads(answer.data)
        except ValueError:
            said = None
        return answer.status, said if isinstance(said, dict) else {}


def _quoted(name: str) -> str:
    """A name in InfluxQL."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _problem(status: int, said: Mapping[str, Any]) -> str:
    words = said.get("message") or said.get("error") or "not the answer of an InfluxDB"
    return f"the bucket cannot be made: HTTP {status}: {' '.join(str(words).split())}"

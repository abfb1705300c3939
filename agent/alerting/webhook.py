"""Telling another program by HTTP: one POST a message. Its address and token appear in no message and no log."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import urllib3
from pydantic import SecretStr
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError, TimeoutError

from agent.answers import Answer, Meaning, retry_after_s
from config.tables import AlertsTable

BUSY = frozenset({429, 503})
_AUTHORITY = re.compile(r"[/?#\\]")
"""What ends host and port."""
NO_TOKEN = SecretStr("")
PASSING = frozenset({408, 425})
"""Refusals that say: the same again later."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where alerts are told. ``url`` may hold a secret itself, so only `origin` is ever shown."""

    url: str = field(repr=False)
    token: SecretStr = NO_TOKEN
    """Sent as ``Authorization: Bearer``; empty: no such header."""
    timeout_s: float = 4.0

    @classmethod
    def of(cls, table: AlertsTable) -> Webhook | None:
        """The webhook of a site file's ``[alerts]``; None where it names none."""
        if table.webhook_url is None:
            return None
        return cls(table.webhook_url, table.webhook_token, table.timeout_s)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{_AUTHORITY.split(rest)[0].rpartition('@')[2]}"


class WebhookSender:
    """Posts to one webhook. Blocking: call it from a thread."""

    def __init__(self, webhook: Webhook, now: Callable[[], int]) -> None:
        self._webhook = webhook
        self._now = now
        timeout = urllib3.Timeout(total=webhook.timeout_s)
        self._pool = urllib3.PoolManager(1, timeout=timeout, retries=False, cert_reqs="CERT_REQUIRED")

    def post(self, body: bytes, idempotency_key: str) -> Answer:
        """Send one message. Never raises for what the network or the server does; redirects are not followed."""
        headers = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": idempotency_key}
        token = self._webhook.token.get_secret_value()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            response = self._pool.request(
                "POST", self._webhook.url, body=body, headers=headers, redirect=False, preload_content=False
            )
            response.close()  # what it says besides is of no use, and may be without end
        except (HTTPError, OSError, ValueError) as error:
            return Answer(Meaning.UNREACHABLE, f"{self._webhook.origin}: {self._why(error)}")
        return meaning(response.status, dict(response.headers), self._now())

    def close(self) -> None:
        """Close the connection."""
        self._pool.clear()

    def _why(self, error: Exception) -> str:
        """The failure without the address, which the library's own words would show."""
        if isinstance(error, SSLError):
            return "its certificate is not trusted; the authority that signed it must be known to this machine"
        if isinstance(error, NewConnectionError):
            return "cannot be reached"
        if isinstance(error, TimeoutError):
            return f"no answer within {self._webhook.timeout_s:g} s"
        return type(error).__name__


def meaning(status: int, headers: dict[str, str], now: int) -> Answer:
    """What an answer means at the instant ``now`` (ns UTC). Any 2xx says that the message was taken."""
    if 200 <= status < 300:
        return Answer(Meaning.STORED)
    if status in BUSY:
        return Answer(Meaning.BUSY, f"HTTP {status}: busy", retry_after_s(headers, now))
    if 300 <= status < 400:
        return Answer(Meaning.REFUSED, f"HTTP {status}: it sends us elsewhere; name the final address")
    if 400 <= status < 500 and status not in PASSING:
        return Answer(Meaning.REFUSED, f"HTTP {status}: refused; check address and token")
    return Answer(Meaning.UNREACHABLE, f"HTTP {status}", retry_after_s(headers, now))

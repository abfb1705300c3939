"""Where telemetry is forwarded to."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from config.problems import Refused, shown
from connectors.settings import Table

TOO_LONG_S = 5.0


def _short(seconds: float) -> float:
    if seconds >= TOO_LONG_S:
        raise Refused(
            f"{shown(seconds)} is too long: a stop would wait for a request", "give seconds above 0, below 5"
        )
    return seconds


class InfluxSettings(Table):
    """An InfluxDB 2.x server (or 1.8 by its v2 endpoints)."""

    url: Annotated[str, Field(pattern=r"^https?://[^/]+")]
    org: Annotated[str, Field(min_length=1)]
    bucket: Annotated[str, Field(min_length=1)]
    token: SecretStr = SecretStr("")
    """Better kept out of the site file: ``STEWARD_INFLUXDB__TOKEN`` or a secrets file."""
    timeout_s: Annotated[float, Field(gt=0), AfterValidator(_short)] = 4.0
    """For each request; below 5 s, so that a stop is never held up."""
    create_bucket: bool = False
    """Whether the bucket is made where it is missing."""
    retention_days: Annotated[int, Field(ge=1, le=36600)] | None = None
    """How long a bucket that is made keeps samples; None: for ever."""

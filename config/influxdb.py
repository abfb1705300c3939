"""Where telemetry is forwarded to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from connectors.settings import Seconds, Table


class InfluxSettings(Table):
    """An InfluxDB 2.x server (or 1.8 by its v2 endpoints)."""

    url: Annotated[str, Field(pattern=r"^https?://[^/]+")]
    org: Annotated[str, Field(min_length=1)]
    bucket: Annotated[str, Field(min_length=1)]
    token: SecretStr = SecretStr("")
    """Better kept out of the site file: ``STEWARD_INFLUXDB__TOKEN`` or a secrets file."""
    timeout_s: Seconds = 4.0
    """For each request; below 5 s, so that a stop is never held up."""

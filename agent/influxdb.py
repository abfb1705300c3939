"""Writing lines to an InfluxDB 2 server."""

from __future__ import annotations

import gzip
from collections.abc import Callable

from influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError

from agent.answers import Answer, Meaning, meaning
from config.influxdb import InfluxSettings


class InfluxWriter:
    """One server and bucket. Blocking: call it from a thread; a request ends within about ``timeout_s``."""

    def __init__(self, settings: InfluxSettings, now: Callable[[], int]) -> None:
        self._settings = settings
        self._now = now
        self._client = InfluxDBClient(
            settings.url,
            settings.token.get_secret_value(),
            org=settings.org,
            timeout=int(settings.timeout_s * 1000),
        )
        self._service = WriteService(self._client.api_client)

    def write(self, body: bytes) -> Answer:
        """Send lines, UTF-8, nanosecond times. Never raises for what the network or the server does."""
        try:
            _, status, headers = self._service.post_write_with_http_info(
                self._settings.org,
                self._settings.bucket,
                gzip.compress(body, 1),
                content_encoding="gzip",
                content_type="text/plain; charset=utf-8",
                precision="ns",
            )
        except ApiException as error:
            return meaning(error.status or 0, error.headers or {}, error.body or error.reason or "", self._now())
        except UnicodeDecodeError:  # the client decodes every body as UTF-8; InfluxDB's are
            return Answer(Meaning.UNREACHABLE, f"{self._settings.url} answers with something not InfluxDB's own")
        except (HTTPError, OSError) as error:
            return Answer(Meaning.UNREACHABLE, f"{self._settings.url}: {type(error).__name__}: {error}")
        return meaning(status, headers, "", self._now())

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

"""Brokers that several of the MQTT tests need."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.mosquitto import Mosquitto


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that queues as much as it has to, and is not busy writing that down after each acknowledgement."""
    broker = Mosquitto(tmp_path / "patient", more="max_queued_messages 0\nautosave_on_changes false")
    broker.start()
    yield broker
    broker.stop()

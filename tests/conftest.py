"""Fixtures that the whole suite shares: real servers on loopback, and a look at what each test left behind."""

from __future__ import annotations

import gc
import inspect
from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("steward", settings.default, deadline=None)
settings.load_profile("steward")
"""How long an example takes says how busy the machine is."""

pytest_plugins = [
    "tests.services.mosquitto",
    "tests.services.influxdb",
    "tests.services.influxdb18",
    "tests.services.bacpy_peer",
    "tests.services.small_disk",
]


def pytest_collection_finish() -> None:
    """What is there before the first test need not be looked through after each."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _nothing_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """A socket or a task that a coroutine forgot is collected here, so the warning fails the test that left it."""
    yield
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        gc.collect()

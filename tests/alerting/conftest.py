"""A journal to alert from."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.alerting.setting import Setting


@pytest.fixture
async def setting(tmp_path: Path) -> AsyncIterator[Setting]:
    """An open journal."""
    setting = Setting(tmp_path)
    yield setting
    await setting.journal.close()

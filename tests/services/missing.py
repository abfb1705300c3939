"""What a test does when a real server it needs is not there."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    """Fail where every service is promised (``CI=true``), else skip and say what would be needed."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}; with CI=true a missing service is a failure")
    pytest.skip(what)

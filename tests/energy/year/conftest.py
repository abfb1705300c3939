"""One year of meters for all tests of this folder, for each seed."""

from __future__ import annotations

import pytest

from simulators.energy.writing import write
from simulators.energy.year import make
from tests.energy.year.feeding import SEEDS, Metered, read_year


@pytest.fixture(scope="package", params=range(1, SEEDS + 1))
def year(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Metered:
    folder = tmp_path_factory.mktemp("energy")
    write(make(request.param, 2026), folder)
    return read_year(folder)

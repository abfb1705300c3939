"""One year for all tests of this folder."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from simulators.year.writing import write
from simulators.year.year import make
from tests.year.feeding import Year, read_year
from tests.year.judging import ITEMS, SEED, Court


@pytest.fixture(scope="package")
def year(tmp_path_factory: pytest.TempPathFactory) -> Year:
    folder = tmp_path_factory.mktemp("year")
    write(make(SEED, ITEMS, 2026), folder)
    return read_year(folder)


@pytest.fixture(scope="package")
def court(year: Year) -> Iterator[Court]:
    """The collector of cycles leaves the year alone: going through it again and again took a fifth of the time."""
    court = Court.of(year)
    gc.collect()
    gc.freeze()
    yield court
    gc.unfreeze()

"""Each connector's README shows its sample, and the sample is a right piece of a site file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from config.site import load_site
from connectors.registry import PROTOCOLS

FOLDER = Path(__file__).parents[2] / "connectors"
SITE = '[site]\nid = "sample"\ntimezone = "Asia/Shanghai"\n\n'


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_sample_loads_and_the_readme_shows_it(protocol: str, tmp_path: Path) -> None:
    sample = (FOLDER / protocol / "sample.toml").read_text(encoding="utf-8")
    readme = (FOLDER / protocol / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) == [sample]
    file = tmp_path / "site.toml"
    file.write_text(SITE + sample, encoding="utf-8")
    loaded = load_site(file)
    assert {connection.protocol for connection in loaded.connections} == {protocol}
    assert loaded.site.points

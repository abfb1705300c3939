"""The demo's site file moved to other ports."""

from __future__ import annotations

import tomllib
from pathlib import Path

from config.relocation import relocate

DEMO = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"


def test_the_demo_moves_and_nothing_else_changes() -> None:
    text = DEMO.read_text(encoding="utf-8")
    moved = relocate(text, 20000)
    assert relocate(text, 47800) == text
    before, after = tomllib.loads(text), tomllib.loads(moved)
    ports = 0
    for table in ("connections", "devices"):
        for name, entry in before[table].items():
            if "port" in entry:
                assert after[table][name].pop("port") - 20000 == entry.pop("port") - 47800
                ports += 1
    assert ports > 0
    assert before == after


def test_only_ports_of_the_demos_hundred_move() -> None:
    text = "port = 47800\nport=47899 # 47899\n  port = 47801\n"
    others = "port = 47900\nport = 478000\nport = 502\nexport = 47801\n# port = 47801\n"
    assert relocate(text + others, 100) == "port = 100\nport=199 # 47899\n  port = 101\n" + others

"""The catalogue of clauses: what it holds, and how a wrong one is refused."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from config.catalogue import load_catalogue
from config.problems import SiteFileError
from evaluators.model.times import WindowKind

ROW = """
[clauses."1-x"]
number = "1"
title_zh = "一"
title_en = "One"
kind = "availability"
threshold = "0.98"
unit = "1"
window = "month"
"""


def problems(folder: Path) -> dict[str, str]:
    """What is wrong with a folder's catalogue, by file and key."""
    with pytest.raises(SiteFileError) as caught:
        load_catalogue(folder)
    return {f"{Path(problem.file).name} {problem.key}": str(problem) for problem in caught.value.problems}


def test_it_holds_the_availability_clause() -> None:
    clauses = {clause.id: clause for clause in load_catalogue()}
    availability = clauses["1.4-availability"]
    assert availability.threshold == Fraction(98, 100)
    assert (availability.number, availability.unit, availability.window) == ("一.4", "1", WindowKind.MONTH)
    assert (availability.kind, bool(availability.title_zh), bool(availability.title_en)) == (
        "availability",
        True,
        True,
    )


def test_rows_keep_the_order_of_files_and_rows(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(ROW.replace("1-x", "b"), encoding="utf-8")
    (tmp_path / "a.toml").write_text(ROW.replace("1-x", "z") + ROW.replace("1-x", "c"), encoding="utf-8")
    assert [clause.id for clause in load_catalogue(tmp_path)] == ["z", "c", "b"]


def test_all_errors_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    wrong = ROW.replace('"0.98"', '"98 %"').replace('"month"', '"year"').replace('number = "1"\n', "colour = 1\n")
    (tmp_path / "a.toml").write_text(ROW, encoding="utf-8")
    (tmp_path / "b.toml").write_text(ROW.replace("1-x", "1.y") + wrong, encoding="utf-8")
    (tmp_path / "c.toml").write_text("clauses = 3", encoding="utf-8")
    (tmp_path / "d.toml").write_text("[clauses", encoding="utf-8")
    (tmp_path / "e.toml").write_text(ROW + "[clauses.y]\nx", encoding="utf-8")
    (tmp_path / "f.toml").write_text("[claus]\n[clauses]\nz = 3\n", encoding="utf-8")
    (tmp_path / "g.toml").write_text(ROW, encoding="utf-8")
    found = problems(tmp_path)
    assert set(found) == {
        "b.toml clauses.1-x.threshold", "b.toml clauses.1-x.window", "b.toml clauses.1-x.number",
        "b.toml clauses.1-x.colour", "c.toml clauses", "d.toml ", "e.toml ", "f.toml claus", "g.toml clauses.1-x",
    }  # fmt: skip
    assert 'give a decimal in quotes, such as "0.98"' in found["b.toml clauses.1-x.threshold"]
    assert 'give "instant", "month" or "span"' in found["b.toml clauses.1-x.window"]
    assert "is in another file too" in found["g.toml clauses.1-x"]
    assert "is not TOML" in found["d.toml "]

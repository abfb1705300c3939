"""The catalogue of clauses: what it holds, and how a wrong one is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from config.catalogue import EVIDENCE, SOURCE, STANDARDS, load_catalogue
from config.problems import SiteFileError
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import Limit, WindowKind
from evaluators.registry import KINDS
from tests.config.rows import PLAIN, PROBE, PROBE_ROW, ROW, Class, Parameters, Stop

CATALOGUE = [*load_catalogue(SOURCE), *load_catalogue(STANDARDS)]


@pytest.fixture(autouse=True)
def _a_kind_of_every_sort_of_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "probe", PROBE)
    monkeypatch.setitem(KINDS, "plain", PLAIN)


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """What is wrong with a file of rows, by the key below ``clauses``."""

    def problems_of(text: str) -> dict[str, str]:
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        return {key.removeprefix("a.toml clauses."): said for key, said in problems(tmp_path).items()}

    return problems_of


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


@pytest.mark.parametrize("clause", CATALOGUE, ids=lambda clause: clause.id)
def test_every_row_names_what_there_is(clause: Clause) -> None:
    assert clause.evidence, "every clause rests on something"
    assert set(clause.evidence) <= set(EVIDENCE)
    assert list(KINDS[clause.kind].mistakes(clause.parameters)) == []
    assert bool(clause.source) == clause.id.startswith("X-"), "public standards are named, and nothing else is"
    assert clause.verified or clause.source, "the source's own thresholds are in its text"


def test_no_two_rows_share_an_id() -> None:
    ids = [clause.id for clause in CATALOGUE]
    assert len(set(ids)) == len(ids), "not between the two catalogues either"


def test_rows_stand_by_chapter_and_place_whatever_their_files(tmp_path: Path) -> None:
    def row(clause_id: str, place: int) -> str:
        return ROW.replace("1-x", clause_id).replace("place = 1", f"place = {place}")

    (tmp_path / "a.toml").write_text(row("X-a", 1) + row("2.10-b", 1) + row("2.2-z", 2), encoding="utf-8")
    (tmp_path / "b.toml").write_text(row("2.2-y", 3) + row("1-c", 9) + row("2.2-a", 2), encoding="utf-8")
    ordered = [clause.id for clause in load_catalogue(tmp_path)]
    assert ordered == ["1-c", "2.2-a", "2.2-z", "2.2-y", "2.10-b", "X-a"]


def test_all_errors_of_all_files_are_reported_at_once(tmp_path: Path) -> None:
    wrong = ROW.replace('"0.98"', '"98 %"').replace('"month"', '"week"').replace('number = "1"\n', "colour = 1\n")
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
        "b.toml clauses.1-x.colour", "c.toml clauses", "d.toml ", "e.toml ", "f.toml claus", "f.toml clauses.z",
        "g.toml clauses.1-x",
    }  # fmt: skip
    assert 'give a decimal in quotes, such as "0.98"' in found["b.toml clauses.1-x.threshold"]
    assert '"week" is none of the choices; give "instant", "standing"' in found["b.toml clauses.1-x.window"]
    assert "is in another file too" in found["g.toml clauses.1-x"]
    assert "is not TOML" in found["d.toml "]
    assert 'did you mean "clauses"?' in found["f.toml claus"]


@pytest.mark.parametrize(
    ("old", "new", "key", "said"),
    [
        ('"availability"', '"availabilty"', "kind", 'is no kind of clause; did you mean "availability"?'),
        ('"work-order"', '"work-ordre"', "evidence", 'is no evidence; did you mean "work-order"?'),
        ('"month"', '"rolling"', "window_days", "is missing; give it with a rolling window, and with no other"),
        ('"month"', '"month"\nwindow_days = 30', "window_days", "does not go with a window of a month"),
        ('"month"', '"rolling"\nwindow_days = 0', "window_days", "0 is out of range; give a number of at least 1"),
        ("place = 1", 'place = "1"', "place", '"1" is not a whole number'),
        ("place = 1", "plaec = 1", "plaec", 'did you mean "place"?'),
        ('"foundation"', '"fundation"', "dimension", 'did you mean "foundation"?'),
        ('"both"', '"all"', "auto", 'give "telemetry", "records" or "both"'),
        ('["telemetry", "work-order"]', '"telemetry"', "evidence", '"telemetry" is not a list'),
        ('title_zh = "一"', 'title_zh = ""', "title_zh", "too short"),
    ],
)
def test_a_row_that_is_none(
    old: str, new: str, key: str, said: str, refused: Callable[[str], dict[str, str]]
) -> None:
    assert ROW.count(old) == 1
    ((where, what),) = refused(ROW.replace(old, new)).items()
    assert where == f"1-x.{key}"
    assert said in what


def test_what_a_row_gets_wrong_beside_its_parameters_is_said_with_them(
    refused: Callable[[str], dict[str, str]],
) -> None:
    text = PROBE_ROW.replace('"work-order"', '"word"').replace('"month"', '"rolling"') + "count = true\n"
    assert set(refused(text)) == {"1-x.evidence", "1-x.window_days", "1-x.parameters.count"}


def test_parameters_of_every_sort(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(
        PROBE_ROW
        + 'share = "1/20"\nstop = "arrived"\ncount = 3\nstrict = true\nsince = 2026-01-01\nkinds = ["smoke"]\n'
        + 'classes = [{ severity = "major", limit = { hours = 72 } }, { limit = { working_days = 3 } }]\n',
        encoding="utf-8",
    )
    (clause,) = load_catalogue(tmp_path)
    assert parameters_of(clause, Parameters) == Parameters(
        limit=Limit(minutes=30),
        share=Fraction(1, 20),
        stop=Stop.ARRIVED,
        count=3,
        strict=True,
        since=date(2026, 1, 1),
        kinds=frozenset({"smoke"}),
        classes=(Class(limit=Limit(hours=72), severity="major"), Class(limit=Limit(working_days=3))),
    )


@pytest.mark.parametrize(
    ("line", "key", "said"),
    [
        ("cuont = 3", "cuont", 'is no key of this table; did you mean "count"?'),
        ("x = 3", "x", "is no key of this table; keys there are: classes, count, field, kinds, limit"),
        ('count = "3"', "count", '"3" is not a whole number; give a whole number'),
        ('strict = "true"', "strict", '"true" is not true or false'),
        ('share = "half"', "share", 'is not a fraction or a decimal in quotes, such as "1/2" or "0.98"'),
        ("share = 0.05", "share", '0.05 is not exact; write it as text in quotes, such as "0.05"'),
        ('stop = "arived"', "stop", '"arived" is none of the choices; give "accepted" or "arrived"'),
        ('since = "soon"', "since", '"soon" is not a date without quotes'),
        ("since = 2026-01-01T08:00:00", "since", "is not a date without quotes"),
        ("since = 08:00:00", "since", "is not a date without quotes"),
        ('kinds = "smoke"', "kinds", '"smoke" is not a list'),
        ("classes = [3]", "classes.0", "3 is not a table"),
        ("classes = [{}]", "classes.0.limit", "is missing; add it"),
        ("classes = [{ limit = { hour = 1 } }]", "classes.0.limit.hour", 'did you mean "hours"?'),
        ("classes = [{ limt = { hours = 1 } }]", "classes.0.limt", 'did you mean "limit"?'),
        ("classes = [{ limit = { hours = 1 }, x = 1 }]", "classes.0.x", "keys there are: limit, severity"),
        ("classes = [{ limit = { hours = -1 } }]", "classes.0.limit", "cannot be negative; give whole numbers"),
        ("classes = [{ limit = { hours = 0.5 } }]", "classes.0.limit.hours", "0.5 is not exact"),
        ('field = "reported"', "field", "there is no field reported; give reported_at or accepted_at"),
    ],
)
def test_parameters_that_are_none(
    line: str, key: str, said: str, refused: Callable[[str], dict[str, str]]
) -> None:
    ((where, what),) = refused(PROBE_ROW + line).items()
    assert where == f"1-x.parameters.{key}"
    assert said in what


def test_parameters_that_are_left_out_or_no_table(refused: Callable[[str], dict[str, str]]) -> None:
    without = PROBE_ROW.replace("limit = { minutes = 30 }", "")
    assert refused(without).keys() == {"1-x.parameters.limit"}
    assert "30 is not a table" in refused(PROBE_ROW.replace("{ minutes = 30 }", "30"))["1-x.parameters.limit"]
    both = refused(PROBE_ROW.replace("minutes = 30", "working_days = 1, hours = 2"))
    assert "working days go with no other unit; give working_days alone" in both["1-x.parameters.limit"]
    row = ROW.replace('"availability"', '"probe"')
    assert "3 is not a table" in refused(f"{row}parameters = 3\n")["1-x.parameters"]


def test_what_another_kind_calls_a_parameter_is_an_error(refused: Callable[[str], dict[str, str]]) -> None:
    found = refused(PROBE_ROW.replace('"probe"', '"plain"'))
    assert "is no key of this table; leave it out" in found["1-x.parameters.limit"]

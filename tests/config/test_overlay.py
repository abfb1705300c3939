"""What a site changes of the catalogue: rows overlaid, standards switched on, rows of its own."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from config.catalogue import load_catalogue
from config.overlay import site_clauses
from config.settings import Document
from config.toml_file import read_toml
from config.validation import validate
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.times import Limit, WindowKind
from evaluators.registry import KINDS
from tests.config.rows import PROBE, PROBE_ROW, ROW, Parameters, Stop
from tests.config.site_file import LEDGER, RIGHT, changed, loaded, problems

STANDARD = ROW.replace("1-x", "X-lift").replace('"both"', '"both"\nverified = false\nsource = "TSG"')
OTHER = STANDARD.replace("X-lift", "X-gen").replace("place = 1", "place = 2")

Overlay = Callable[[str], tuple[dict[str, Clause], dict[str, str]]]


@pytest.fixture
def overlay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Overlay:
    """A site file's clauses by id and its problems by key, over a catalogue of a probe and two standards."""
    monkeypatch.setitem(KINDS, "probe", PROBE)
    for name, text in {"source": PROBE_ROW, "standards": STANDARD + OTHER}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "rows.toml").write_text(text, encoding="utf-8")
    source, standards = (load_catalogue(tmp_path / name) for name in ("source", "standards"))

    def overlaid(text: str) -> tuple[dict[str, Clause], dict[str, str]]:
        file = tmp_path / "site.toml"
        file.write_text(f'[site]\nid = "x"\ntimezone = "UTC"\n{text}', encoding="utf-8")
        draft = validate(Document(str(file), read_toml(file)))
        clauses = site_clauses(draft, source, standards)
        assert {problem.file for problem in draft.problems} <= {str(file)}
        return {clause.id: clause for clause in clauses}, {p.key: str(p) for p in draft.problems}

    return overlaid


def test_without_changes_a_site_is_judged_by_the_source_alone(overlay: Overlay) -> None:
    clauses, wrong = overlay("")
    assert (list(clauses), wrong) == (["1-x"], {})
    assert clauses["1-x"].overlaid == ()


def test_a_row_keeps_what_is_not_changed(overlay: Overlay) -> None:
    before = overlay("")[0]["1-x"]
    clauses, wrong = overlay(
        '[clauses."1-x"]\nthreshold = "0.5"\ntitle_en = "Other"\ntitle_zh = "一"\n'
        'parameters = { stop = "arrived", share = "1/3", limit = { hours = 1 } }\n'
    )
    after = clauses["1-x"]
    assert wrong == {}
    assert after == replace(
        before,
        threshold=Fraction(1, 2),
        title_en="Other",
        parameters=Parameters(limit=Limit(hours=1), stop=Stop.ARRIVED),
        overlaid=("title_en", "threshold", "parameters.limit", "parameters.stop"),
    ), "a value that is the row's own already is no change"
    assert parameters_of(after, Parameters).limit.minutes == 0, "a limit is replaced as a whole"


def test_windows(overlay: Overlay) -> None:
    rolling = overlay('[clauses."1-x"]\nwindow = "rolling"\nwindow_days = 90\n')[0]["1-x"]
    assert (rolling.window, rolling.window_days) == (WindowKind.ROLLING, 90)
    assert rolling.overlaid == ("window", "window_days")
    assert overlay('[clauses."1-x"]\nwindow_days = 90\n')[1].keys() == {"clauses.1-x.window_days"}


def test_days_of_a_rolling_row_stay_until_its_window_changes(overlay: Overlay, tmp_path: Path) -> None:
    rolling = PROBE_ROW.replace('"month"', '"rolling"\nwindow_days = 30')
    (tmp_path / "source" / "rows.toml").write_text(rolling, encoding="utf-8")
    (row,) = load_catalogue(tmp_path / "source")

    def window(text: str) -> tuple[WindowKind, int]:
        tables = {"site": {"id": "x", "timezone": "UTC"}, "clauses": {"1-x": tomllib.loads(text)}}
        draft = validate(Document("site.toml", tables))
        (found,) = site_clauses(draft, [row], [])
        assert draft.problems == []
        return found.window, found.window_days

    assert window("") == (WindowKind.ROLLING, 30)
    assert window("window_days = 7") == (WindowKind.ROLLING, 7)
    assert window('window = "year"') == (WindowKind.YEAR, 0)


@pytest.mark.parametrize(
    ("enabled", "ids"),
    [('"all"', ["X-lift", "X-gen"]), ('["X-gen"]', ["X-gen"]), ('["X-gen", "X-lift"]', ["X-lift", "X-gen"])],
)
def test_standards_are_switched_on_in_their_own_order(enabled: str, ids: list[str], overlay: Overlay) -> None:
    clauses, wrong = overlay(f"[standards]\nenabled = {enabled}\n")
    assert (list(clauses), wrong) == (["1-x", *ids], {})
    assert not any(clauses[clause_id].verified for clause_id in ids)


def test_a_standard_that_there_is_not(overlay: Overlay) -> None:
    clauses, wrong = overlay('[standards]\nenabled = ["X-lift", "X-gn"]\n')
    assert list(clauses) == ["1-x", "X-lift"]
    assert 'there is no standard "X-gn"; did you mean "X-gen"?' in wrong["standards.enabled"]
    clauses, wrong = overlay("[standards]\nenabled = 3\n")
    assert list(clauses) == ["1-x"]
    assert wrong.keys() == {"standards.enabled"}


def test_a_site_confirms_a_threshold(overlay: Overlay) -> None:
    text = '[standards]\nenabled = "all"\n[clauses.X-gen]\nverified = true\nconfirmed_by = "王工"\n'
    clauses, wrong = overlay(f"{text}confirmed_on = 2026-02-03\n")
    confirmed = clauses["X-gen"]
    assert wrong == {}
    assert (confirmed.verified, confirmed.confirmed_by, confirmed.confirmed_on) == (
        True, "王工", date(2026, 2, 3)
    )  # fmt: skip
    assert confirmed.overlaid == ("verified", "confirmed_by", "confirmed_on")
    assert not clauses["X-lift"].verified
    assert overlay(text)[1].keys() == {"clauses.X-gen"}


def test_another_threshold_confirms_nothing(overlay: Overlay) -> None:
    text = '[standards]\nenabled = ["X-gen"]\n[clauses.X-gen]\nthreshold = "0.9"\n'
    assert not overlay(text)[0]["X-gen"].verified


def test_a_standard_is_changed_only_where_it_is_on(overlay: Overlay) -> None:
    wrong = overlay('[clauses.X-gen]\nthreshold = "0.9"\n')[1]
    assert "is a standard that is not switched on; name it in enabled of [standards]" in wrong["clauses.X-gen"]


def test_weights_are_the_sites_own(overlay: Overlay) -> None:
    assert overlay("")[0]["1-x"].weight is None
    clauses, wrong = overlay('[clauses."1-x"]\nweight = "2.5"\n')
    assert (clauses["1-x"].weight, clauses["1-x"].overlaid, wrong) == (Fraction(5, 2), ("weight",), {})


def test_a_clause_is_taken_out_with_its_reason(overlay: Overlay) -> None:
    clause = overlay('[clauses."1-x"]\nnot_applicable = "没有此类设备"\n')[0]["1-x"]
    assert (clause.not_applicable, clause.overlaid) == ("没有此类设备", ("not_applicable",))


def test_rows_of_the_sites_own_stand_last_by_place(overlay: Overlay) -> None:
    def local(clause_id: str, place: int) -> str:
        return PROBE_ROW.replace('"1-x"', clause_id).replace("place = 1", f"place = {place}")

    clauses, wrong = overlay(
        f'[standards]\nenabled = ["X-gen"]\n{local("L-b", 2)}{local("L-c", 1)}{local("L-a", 2)}'
    )
    assert (list(clauses), wrong) == (["1-x", "X-gen", "L-c", "L-a", "L-b"], {})
    assert clauses["L-a"].parameters == Parameters(limit=Limit(minutes=30))
    assert clauses["L-a"].overlaid == ()


def test_every_mistake_is_said_at_once_and_spoils_no_other_row(overlay: Overlay) -> None:
    clauses, wrong = overlay(
        '[standards]\nenabled = ["X-gen", "X-gone"]\n'
        '[clauses."1-x"]\nthreshold = "0.5"\nparameters = { cuont = 3, stop = "gone" }\n'
        '[clauses.X-gen]\ntreshold = "0.9"\n'
        "[clauses.X-lift]\n[clauses.l-y]\n[clauses.L-z]\n"
    )
    assert clauses.keys() == {"1-x", "X-gen"}
    assert wrong.keys() >= {
        "standards.enabled",
        "clauses.1-x.parameters.cuont",
        "clauses.1-x.parameters.stop",
        "clauses.X-gen.treshold",
        "clauses.X-lift",
        "clauses.l-y",
        "clauses.L-z.number",
    }
    assert 'did you mean "count"?' in wrong["clauses.1-x.parameters.cuont"]
    assert 'an id such as "L-pool-water"' in wrong["clauses.l-y"]
    assert clauses["1-x"].overlaid == ()


def test_the_hook_of_a_kind_is_asked_of_the_changed_parameters(overlay: Overlay) -> None:
    wrong = overlay('[clauses."1-x"]\nparameters = { field = "reported" }\n')[1]
    assert "there is no field reported; give reported_at or" in wrong["clauses.1-x.parameters.field"]


def test_a_loaded_site_has_its_clauses(tmp_path: Path) -> None:
    clauses = {clause.id: clause for clause in loaded(tmp_path, RIGHT + LEDGER).clauses}
    shipped = load_catalogue()
    assert list(clauses) == [*(clause.id for clause in shipped), "L-pool"]
    availability = clauses["1.4-availability"]
    assert (availability.threshold, availability.window) == (Fraction(99, 100), WindowKind.QUARTER)
    assert availability.overlaid == ("threshold", "window")
    assert (clauses["L-pool"].window_days, clauses["L-pool"].threshold) == (30, Fraction(1, 2))
    assert loaded(tmp_path).clauses == shipped


def test_a_change_from_the_environment_is_named_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD_CLAUSES__L_POOL__THRESHOLD", "0.7")
    clauses = {clause.id: clause for clause in loaded(tmp_path, RIGHT + LEDGER).clauses}
    assert clauses["L-pool"].threshold == Fraction(7, 10)
    monkeypatch.setenv("STEWARD_CLAUSES__L_POOL__THRESHOLD", "much")
    (problem,) = problems(tmp_path, changed(text=RIGHT + LEDGER))
    assert (problem.file, problem.key) == ("STEWARD_CLAUSES__L_POOL__THRESHOLD", "clauses.L-pool.threshold")

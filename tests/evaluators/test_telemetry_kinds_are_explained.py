"""The pages on availability, response times, repairs and schedules, held against the code and the catalogue."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from config.catalogue import SOURCE, STANDARDS, load_catalogue
from evaluators.faults import Gathering
from evaluators.kinds.repair_rate import Reading
from evaluators.kinds.response_time import Stops
from evaluators.model.clauses import Clause
from evaluators.model.episodes import State
from evaluators.model.times import DAY_NS, HOUR_NS, MINUTE_NS, Limit
from evaluators.obligations import Period
from evaluators.registry import KINDS
from evaluators.response_lines import Excuse
from tests.evaluators.cases import TESTCASES, judged, load_cases

ROOT = Path(__file__).parents[2]
PAGES = {
    kind: (ROOT / "docs" / "clauses" / f"{name}.md").read_text(encoding="utf-8")
    for kind, name in (
        ("availability", "availability"),
        ("response_time", "response-time"),
        ("repair_rate", "repair-rate"),
        ("schedule", "schedule"),
    )
}
EVERY = pytest.mark.parametrize("kind", PAGES)
SET = pytest.mark.parametrize("kind", ["response_time", "repair_rate", "schedule"])
"""Those that have parameters."""
CLAUSES = [*load_catalogue(SOURCE), *load_catalogue(STANDARDS)]
CASES = dict(load_cases())


def section(kind: str, heading: str) -> str:
    """What stands below a heading of a page, up to the next."""
    (found,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGES[kind], re.DOTALL | re.MULTILINE)
    return str(found)


def table(text: str) -> list[list[str]]:
    """The cells of every row but headings."""
    lines = text.splitlines()
    rows = [line for line, below in zip(lines, [*lines[1:], ""], strict=True) if not below.startswith("|---")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows if line.startswith("| ")]
    return [row for row in cells if row[0].startswith("`")]


def names(cell: str) -> list[str]:
    """The names in a cell."""
    return re.findall(r"`([\w.-]+)`", cell)


def of_kind(kind: str) -> list[Clause]:
    """The catalogue's rows of a kind."""
    return [clause for clause in CLAUSES if clause.kind == kind]


def parameters(clause: Clause) -> Any:
    """What a row sets."""
    return clause.parameters


@pytest.mark.parametrize("kind", ["availability", "response_time", "repair_rate"])
def test_a_page_names_each_clause_of_its_kind(kind: str) -> None:
    assert [clause.id for clause in of_kind(kind) if f"`{clause.id}`" not in PAGES[kind]] == []


@SET
def test_a_page_names_each_parameter_and_no_other(kind: str) -> None:
    named = [name for row in table(section(kind, "Parameters")) for name in names(row[0])]
    assert sorted(named) == sorted(field.name for field in fields(KINDS[kind].parameters))


@SET
def test_the_defaults_it_gives_are_those_of_the_code(kind: str) -> None:
    hints = {field.name: field for field in fields(KINDS[kind].parameters)}
    checked = 0
    for keys, default, *_ in table(section(kind, "Parameters")):
        for name, text in zip(names(keys), default.split(", ") if "{" not in default else [default], strict=False):
            if text in ("all", "required", "none", "") or text.startswith("`limit"):
                assert (text == "required") == (hints[name].default is MISSING), name
                continue
            said = tomllib.loads(f"x = {text.replace('`', '')}")["x"]
            assert hints[name].default == (Limit(**said) if isinstance(said, dict) else said), name
            checked += 1
    assert checked >= 3


def test_what_faults_are_gathered_by_is_named_with_its_values() -> None:
    (row,) = [row for row in table(section("response_time", "Parameters")) if names(row[0]) == ["faults"]]
    said = {name: int(value) for name, value in re.findall(r"`(\w+)` (\d+)", row[2])}
    assert said == {field.name: field.default for field in fields(Gathering)}


def lasting(limit: Limit) -> str:
    """A limit as the pages write it."""
    for size, unit in ((HOUR_NS, "h"), (MINUTE_NS, "min")):
        if limit.length % size == 0:
            return f"{limit.length // size} {unit}"
    raise AssertionError(limit)


def test_the_limits_it_gives_are_those_of_the_catalogue() -> None:
    rows = {names(row[0])[0]: row[2] for row in table(PAGES["response_time"].partition("## ")[0])}
    for clause in of_kind("response_time"):
        given = parameters(clause)
        limits = [case.limit for case in given.limits] or [given.limit]
        limits += [given.emergency] if given.emergency else []
        for limit in limits:
            assert lasting(limit) in rows[clause.id], (clause.id, rows[clause.id])
        assert ("not confirmed" in rows[clause.id]) == (not clause.verified), clause.id
    (repair,) = of_kind("repair_rate")
    assert f"at least {repair.threshold * 100} %" in PAGES["repair_rate"]
    assert f"within {lasting(parameters(repair).limit)}" in PAGES["repair_rate"]
    assert f"for {parameters(repair).hold_minutes} min" in PAGES["repair_rate"]


def test_the_words_of_its_parameters_are_those_of_the_code() -> None:
    stops = [names(row[0])[0] for row in table(section("response_time", "What stops the clock"))]
    assert stops == [word.value for word in Stops]
    said = section("response_time", "What stops the clock").partition("`excuse` says")[2]
    assert set(names(said)) & {word.value for word in Excuse} == {word.value for word in Excuse}
    readings = re.findall(r'`"(\w+)"`', section("repair_rate", "Two readings"))
    assert set(readings) == {word.value for word in Reading}


def test_the_states_are_those_of_the_code() -> None:
    rows = table(section("availability", "States"))
    assert [name for row in rows for name in names(row[0])] == [
        State.UP, State.DOWN, State.UNKNOWN, State.PLANNED, State.NOT_REQUIRED,
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["availability", "response_time", "repair_rate"])
def test_the_figures_it_names_are_those_that_verdicts_have(kind: str) -> None:
    given = {
        name
        for case_name, case in CASES.items()
        if case_name.startswith(f"{kind}/")
        for verdict in judged(case).values()
        for name, _ in verdict.facts
    }
    if kind == "availability":
        named = {name for row in table(section(kind, "Beside the value")) for name in names(row[0])}
    else:
        told = "Beside the share" + section(kind, "Parameters").partition("Beside the share")[2]
        named = set(names(told))
        assert "`unseen_s`" in PAGES["response_time"]
        given -= {"unseen_s"}
    assert named == given


@EVERY
def test_the_examples_and_modules_it_names_are_there(kind: str) -> None:
    page = PAGES[kind]
    for path in re.findall(r"`tests/evaluators/testcases/([\w/-]+)`", page):
        assert (TESTCASES / path).is_dir(), path
    for module in re.findall(r"`(?:evaluators/)?(\w+\.py)`", page):
        assert (ROOT / "evaluators" / module).is_file(), module
    for test in re.findall(r"`(tests/[\w/]+\.py)`", page):
        assert (ROOT / test).is_file(), test


def example(kind: str) -> tuple[dict[str, Any], str]:
    """The case that a page works through, and how it is told."""
    told = section(kind, "A worked example")
    (name,) = re.findall(rf"`tests/evaluators/testcases/{kind}/([\w-]+)`", told)
    return CASES[f"{kind}/{name}"], told


def test_the_example_of_response_times_comes_out_as_it_says() -> None:
    case, told = example("response_time")
    verdicts = judged(case)
    for pump, *_, mark in re.findall(r"^\| (\d) \|.*\| (\w+) \|$", told, re.MULTILINE):
        (line,) = verdicts[f"equipment:pump-{pump}"].lines
        assert line.mark.value == mark, pump
    low, high = map(Fraction, re.findall(r"(\d/\d)", told))
    site = verdicts["site:tower"]
    assert (site.low, site.high, site.outcome.value) == (low, high, re.findall(r"`(\w+)`\.$", told.strip())[0])


def test_the_example_of_repairs_comes_out_as_it_says_by_each_reading() -> None:
    case, told = example("repair_rate")
    for reading, (value, outcome) in zip(
        (Reading.WITHIN_LIMIT, Reading.EVENTUALLY),
        re.findall(r"^\| repaired .*? \| (\d/\d),.*? \| `(\w+)` \|$", told, re.MULTILINE),
        strict=True,
    ):
        site = judged({**case, "parameters": {"reading": reading.value}})["site:tower"]
        assert (site.low, site.high, site.outcome.value) == (Fraction(value), Fraction(value), outcome)
    both = judged(case)["site:tower"]
    assert both.outcome == "undetermined"
    assert both.note in " ".join(told.split())
    (overlay,) = re.findall(r"```toml\n(.*?)```", told, re.DOTALL)
    settled = tomllib.loads(overlay)["clauses"]["1.4-repair"]["parameters"]
    assert judged({**case, "parameters": settled})["site:tower"].outcome == "not_met"


def test_how_long_things_last_is_said_as_the_code_has_it() -> None:
    usual = Gathering()
    page = " ".join(PAGES["response_time"].split())
    assert f"down for {usual.on_s} s" in page
    assert f"up for {usual.off_s // 60} min" in page
    assert f"from {usual.report_minutes} min before its start to {usual.off_s // 60} min after its end" in page
    assert usual.chatter_s * 10**9 == HOUR_NS
    assert usual.chatter_cycles == 3
    assert "Three cycles that begin within an hour" in page
    assert DAY_NS == 24 * HOUR_NS


def test_the_page_on_schedules_names_each_period() -> None:
    words = " ".join(PAGES["schedule"].split())
    assert [period.value for period in Period if period.value not in words] == []

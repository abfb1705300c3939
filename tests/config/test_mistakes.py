"""Every way in which a site file can be wrong: the key, what is wrong, what would be right, and all at once."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from config.explanation import explained
from config.problems import Problem, SiteFileError
from config.site import load_site
from tests.config.site_file import LEDGER, RIGHT, changed, loaded, problems

MISTAKES = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))
WHEN = "equipment.ahu-1.items.air.usable_when"


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_problem_that_names_its_key_and_the_cure(name: str, tmp_path: Path) -> None:
    mistake = MISTAKES[name]
    (problem,) = problems(tmp_path, changed((mistake["old"], mistake["new"]), text=RIGHT + LEDGER))
    assert problem.key == mistake["key"]
    assert mistake["said"] in str(problem)
    assert problem.file == str(tmp_path / "site.toml")


def test_what_each_error_looks_like() -> None:
    problem = Problem("site.toml", "site.area_m2", "0 is out of range", "give a number above 0")
    assert str(problem) == "site.toml: site.area_m2: 0 is out of range; give a number above 0"
    assert str(SiteFileError([problem, problem])).count("\n") == 1


def test_an_error_without_a_sentence_of_its_own_is_said_in_pydantics_words() -> None:
    class Table(BaseModel):
        id: UUID

    with pytest.raises(ValidationError) as caught:
        Table.model_validate({"id": "x"})
    ((key, wrong, right),) = explained(caught.value, Table)
    assert (key, wrong) == (("id",), '"x" is not right')
    assert right.startswith("input should be a valid UUID")


def test_twelve_mistakes_are_twelve_problems(tmp_path: Path) -> None:
    chosen = [
        "unknown table", "site id with a space", "misspelt time zone", "no floor area", "port too high",
        "no client id", "unknown connection", "instance in words", "BACnet object in other words",
        "unknown system", "unknown point", "number of a bool point",
    ]  # fmt: skip
    text = changed(*((MISTAKES[name]["old"], MISTAKES[name]["new"]) for name in chosen))
    # With its connection unknown, a device's protocol is unknown too, and with that what its keys may be.
    without_protocol = {"devices.ahu.instance", "devices.ahu.points.supply.object"}
    keys = sorted(problem.key for problem in problems(tmp_path, text))
    assert keys == sorted({MISTAKES[name]["key"] for name in chosen} - without_protocol)

    mended = changed((MISTAKES["unknown connection"]["new"], MISTAKES["unknown connection"]["old"]), text=text)
    more = changed(('{ point = "gw/car", one_of = [1, 2]', '{ point = "gw/car", one_of = [1.5]'), text=mended)
    keys = sorted(problem.key for problem in problems(tmp_path, more))
    assert len(keys) == 12
    assert keys == sorted({MISTAKES[name]["key"] for name in chosen} - {"devices.ahu.connection"} | {f"{WHEN}.1"})


def test_a_mistake_in_a_table_hides_none_beside_below_or_towards_it(tmp_path: Path) -> None:
    text = changed(
        ("port = 47801", 'port = "x"'),  # the device ...
        ('"float"', '"double"'),  # ... its point
        ('connection = "meters"', 'connection = "metres"'),  # another, whose protocol is not known ...
        (
            'type = "int", address = 0',
            'type = "integer", address = 0',
        ),  # ... but a point's type is every protocol's
        ('name = "一号空调"', "name = 1"),  # the equipment ...
        ('system = "hvac"', 'system = "hvak"'),  # ... what it refers to ...
        ("accept_uncertain = true", 'accept_uncertain = "true"'),  # ... its item ...
        ("gw/car", "gw/cat"),  # ... that item's conditions ...
        ("is = false", "is = 3"),  # ... and a test of a point without a protocol
    )
    assert sorted(problem.key for problem in problems(tmp_path, text)) == [
        "devices.ahu.points.supply.type",
        "devices.ahu.port",
        "devices.meter.connection",
        "devices.meter.points.energy.type",
        "equipment.ahu-1.items.air.accept_uncertain",
        "equipment.ahu-1.items.air.usable_when.1.point",
        "equipment.ahu-1.items.air.usable_when.2",
        "equipment.ahu-1.name",
        "equipment.ahu-1.system",
    ]


def test_where_there_is_nothing_to_name(tmp_path: Path) -> None:
    text = '[site]\nid = "x"\ntimezone = "UTC"\n[devices.d]\nconnection = "c"\n'
    text += '[equipment.e]\nsystem = "s"\nitems.i.usable_when = [{ point = "p", is = 1 }]\n'
    assert {problem.key: problem.right for problem in problems(tmp_path, text)} == {
        "devices.d.connection": "define a connection first",
        "equipment.e.system": "define a system first",
        "equipment.e.items.i.usable_when.0.point": "define a device first",
    }


@pytest.mark.parametrize("table", ["connections", "devices", "systems", "equipment", "clauses"])
def test_a_table_of_tables_that_is_none(table: str, tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f'{table} = 3\n[site]\nid = "x"\ntimezone = "UTC"\n')
    assert (problem.key, problem.right) == (table, f"write [{table}]")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        (b"[site\n", "is not TOML (Expected ']' at the end of a table declaration (at line 1, column 6))"),
        (b"[site]\n[site]\n", "is not TOML (Cannot declare ('site',) twice (at line 2, column 6))"),
        (b"[site]\nid = '\xff'\n", "byte 13 is not UTF-8; save the file as UTF-8"),
        ("[site]\nname = '大厦'\n".encode("gbk"), "is not UTF-8; save the file as UTF-8"),
    ],
)
def test_files_that_cannot_be_read(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SiteFileError) as caught:
        load_site(file)
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"{file}: ")
    assert said in str(problem)


def test_a_folder_is_no_site_file(tmp_path: Path) -> None:
    with pytest.raises(SiteFileError, match="cannot be read"):
        load_site(tmp_path)


TOML_VALUES = st.recursive(
    st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(st.characters(codec="utf-8"), max_size=5)
    | st.sampled_from(["ahu", "bms", "ahu/supply", "bacnet", "int", "hvac"])
    | st.datetimes()
    | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("axB"), inner, max_size=2),
    max_leaves=4,
)


def toml(value: object) -> str:
    """A value as an inline TOML value."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {toml(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, str):
        return '"' + "".join(f"\\U{ord(character):08x}" for character in value) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    return value.isoformat() if isinstance(value, date | datetime) else str(value)


def places(table: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, tables and lists included."""
    below = table.items() if isinstance(table, dict) else enumerate(table) if isinstance(table, list) else ()
    return [place for key, entry in below for place in ((*above, key), *places(entry, (*above, key)))]


def problems_of_any(text: str) -> tuple[Problem, ...]:
    """What is wrong with a text, which may be nothing."""
    with TemporaryDirectory() as folder:
        try:
            loaded(Path(folder), text)
        except SiteFileError as error:
            return error.problems
    return ()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_value_in_any_place_is_more_than_a_problem(data: st.DataObject) -> None:
    document: Any = tomllib.loads(RIGHT + LEDGER)
    for _ in range(2):
        *above, last = data.draw(st.sampled_from(places(document)))
        table = document
        for part in above:
            table = table[part]
        table[last] = data.draw(TOML_VALUES)
    for problem in problems_of_any("".join(f"{key} = {toml(value)}\n" for key, value in document.items())):
        assert problem.key
        assert len(str(problem).splitlines()) == 1
        assert "is not right" not in problem.wrong, "an error of pydantic's without a sentence of its own"

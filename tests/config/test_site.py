"""Loading a site file: what a right one gives, and every way in which one can be wrong."""

from __future__ import annotations

import tomllib
from fractions import Fraction
from pathlib import Path

import pytest

from config.catalogue import load_catalogue
from config.problems import Problem
from config.relocation import relocate
from config.site import LoadedSite, SiteFileError, bind, load_site
from evaluators.model.samples import ValueKind
from evaluators.model.site import Condition, System
from evaluators.model.times import SECOND_NS, WindowKind

DEMO = Path(__file__).parents[2] / "config" / "sites" / "demo.toml"
CANARY = "canary-5f1d"

RIGHT = """
[site]
id = "tower"
timezone = "Asia/Shanghai"
area_m2 = 48000
judged_from = 2026-01-01T00:00:00+08:00

[connections.bms]
protocol = "bacnet"
host = "127.0.0.1"
port = 47800

[connections.meters]
protocol = "modbus"

[connections.lift-gw]
protocol = "mqtt"
host = "127.0.0.1"
client_id = "steward"

[devices.ahu]
connection = "bms"
host = "127.0.0.1"
port = 47801
instance = 1001
period_s = 2
commissioned = true

[devices.ahu.points]
supply = { name = "送风温度", type = "float", unit = "Cel", object = "analog-input,1" }
mode = { type = "text", object = "character-string-value,1", commissioned = false }

[devices.meter]
connection = "meters"
host = "127.0.0.1"

[devices.meter.points]
energy = { type = "int", address = 0, encoding = "uint64" }
fault = { type = "bool", table = "coil", address = 3, encoding = "bit" }

[devices.gw]
connection = "lift-gw"
topic = "lifts"
[devices.gw.points]
car = { type = "int", path = "car" }

[systems.hvac]
[systems.meters]
name = "计量"

[equipment.ahu-1]
system = "hvac"
name = "一号空调"
[equipment.ahu-1.items.air]
accept_uncertain = true
required_from = 2026-02-01T00:00:00+08:00
usable_when = [
    { point = "ahu/supply", at_least = 10, at_most = 30.5 },
    { point = "gw/car", one_of = [1, 2], unknown_for = [0], not_required_for = [9] },
    { point = "meter/fault", is = false },
]
"""


def written(folder: Path, text: str) -> Path:
    """A site file."""
    file = folder / "site.toml"
    file.write_text(text, encoding="utf-8")
    return file


def loaded(folder: Path, text: str = RIGHT) -> LoadedSite:
    """The site of a text."""
    return load_site(written(folder, text))


def problems(folder: Path, text: str) -> tuple[Problem, ...]:
    """What is wrong with a text."""
    with pytest.raises(SiteFileError) as caught:
        loaded(folder, text)
    return caught.value.problems


def test_a_right_file(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    site = found.site
    assert (site.id, site.name, site.zone, found.area_m2) == ("tower", "tower", "Asia/Shanghai", 48000)
    assert site.judged_from == 1767196800 * SECOND_NS
    assert site.systems == (System("hvac", "hvac"), System("meters", "计量"))
    assert found.journal_path == (tmp_path / "journal.db").absolute()
    assert found.influxdb is None
    assert found.commissioned == {"ahu/supply"}
    points = {point.key: point for point in site.points}
    assert points["ahu/supply"].hold_ns == 6 * SECOND_NS
    assert points["meter/energy"].kind is ValueKind.INT
    (air,) = site.items()
    assert air.key == "ahu-1/air"
    assert air.required_from == 1769875200 * SECOND_NS
    assert air.conditions == (
        Condition("ahu/supply", at_least=10, at_most=30.5, accept_uncertain=True),
        Condition("gw/car", one_of=(1, 2), unknown_for=(0,), not_required_for=(9,), accept_uncertain=True),
        Condition("meter/fault", one_of=(False,), accept_uncertain=True),
    )


def test_connectors_get_their_devices_with_the_points_numbers(tmp_path: Path) -> None:
    found = loaded(tmp_path)
    numbers = {point.key: 10 + place for place, point in enumerate(found.site.points)}
    bound = {connection.name: connection for connection in bind(found, numbers)}
    assert {name: [device.id for device in c.devices] for name, c in bound.items()} == {
        "bms": ["ahu"],
        "meters": ["meter"],
        "lift-gw": ["gw"],
    }
    energy, fault = bound["meters"].devices[0].points
    assert (energy.index, energy.key, energy.kind) == (numbers["meter/energy"], "meter/energy", ValueKind.INT)
    assert fault.settings.table == "coil"


WRONG = [
    ("[site]", "[sites]\n[site]", "sites", 'did you mean "site"?'),
    ('id = "tower"', 'id = "The Tower"', "site.id", "right form"),
    ('id = "tower"', 'id = "tower"\ncolour = "red"', "site.colour", "no key"),
    ('"Asia/Shanghai"', '"Asia/Shangai"', "site.timezone", "no time zone"),
    ("area_m2 = 48000", "area_m2 = 0", "site.area_m2", "above 0"),
    ("2026-01-01T00:00:00+08:00", "2026-01-01T00:00:00", "site.judged_from", "zone"),
    ('protocol = "bacnet"', 'protocol = "knx"', "connections.bms.protocol", "bacnet, modbus, mqtt"),
    ('protocol = "bacnet"\n', "", "connections.bms.protocol", "is missing"),
    ("port = 47800", "port = 99999", "connections.bms.port", "at most 65535"),
    ('client_id = "steward"', "", "connections.lift-gw.client_id", "is missing"),
    ('connection = "bms"', 'connection = "bmss"', "devices.ahu.connection", 'did you mean "bms"?'),
    ('connection = "bms"\n', "", "devices.ahu.connection", "is missing"),
    ("instance = 1001", 'instance = "one"', "devices.ahu.instance", "a whole number"),
    ("period_s = 2", "period_s = 0", "devices.ahu.period_s", "above 0"),
    ('"analog-input,1"', '"analog input 1"', "devices.ahu.points.supply.object", "must match"),
    ("address = 0, enc", "adress = 0, enc", "devices.meter.points.energy.address", "is missing"),
    ('encoding = "uint64"', 'encoding = "u64"', "devices.meter.points.energy.encoding", "'uint64'"),
    ('"uint64"', '"float64"', "devices.meter.points.energy", 'type = "float"'),
    ('table = "coil"', 'table = "holding"', "devices.meter.points.fault", "bit = 0 to 15"),
    ("[devices.meter.points]\nenergy", "[devices.meter.points]\nEnergy", "devices.meter.points.Energy", "an id"),
    ("[systems.hvac]", "[systems]\nhvac = 3", "systems.hvac", "write [systems.hvac]"),
    ('system = "hvac"', 'system = "hvacs"', "equipment.ahu-1.system", 'did you mean "hvac"?'),
    ("usable_when = [", "usable_when = []\nx = [", "equipment.ahu-1.items.air.usable_when", "at least 1"),
    ('"ahu/supply", at', '"ahu/suply", at', "equipment.ahu-1.items.air.usable_when.0.point", '"ahu/supply"'),
    ("at_least = 10", "at_least = 99", "equipment.ahu-1.items.air.usable_when.0", "swap"),
    (", at_least = 10, at_most = 30.5", "", "equipment.ahu-1.items.air.usable_when.0", "exactly one test"),
    ("one_of = [1, 2]", "one_of = []", "equipment.ahu-1.items.air.usable_when.1", "at least one"),
    ("one_of = [1, 2]", "one_of = [1.5]", "equipment.ahu-1.items.air.usable_when.1", "never 1.5"),
    ("is = false", "is = 3", "equipment.ahu-1.items.air.usable_when.2", "give true or false"),
    ("is = false", "at_least = 1", "equipment.ahu-1.items.air.usable_when.2", "no range"),
    ('{ point = "meter/fault", is = false }', "3", "equipment.ahu-1.items.air.usable_when.2", "a table"),
]


@pytest.mark.parametrize(("right", "wrong", "key", "said"), WRONG, ids=[f"{w[2]}: {w[3]}" for w in WRONG])
def test_each_error_names_its_key_and_the_cure(
    right: str, wrong: str, key: str, said: str, tmp_path: Path
) -> None:
    assert RIGHT.count(right) >= 1
    found = {problem.key: str(problem) for problem in problems(tmp_path, RIGHT.replace(right, wrong, 1))}
    assert key in found, found
    assert said in found[key]
    assert found[key].startswith(f"{tmp_path / 'site.toml'}: {key}: ")


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    text = RIGHT
    chosen = [WRONG[n] for n in (1, 3, 4, 8, 9, 13, 14, 16, 21, 23, 28)]
    for right, wrong, *_ in chosen:
        text = text.replace(right, wrong, 1)
    assert sorted(problem.key for problem in problems(tmp_path, text)) == sorted(entry[2] for entry in chosen)


def test_what_only_one_can_have(tmp_path: Path) -> None:
    text = RIGHT + (
        '[connections.bms-2]\nprotocol = "bacnet"\nhost = "127.0.0.1"\nport = 47800\n'
        '[connections.gw-2]\nprotocol = "mqtt"\nhost = "127.0.0.1"\nclient_id = "steward"\n'
        '[devices.ahu-2]\nconnection = "bms"\nhost = "127.0.0.1"\nport = 47802\ninstance = 1001\n'
    )
    found = {problem.key: problem.wrong for problem in problems(tmp_path, text)}
    assert found == {
        "connections.bms-2.port": "is the same as connections.bms.port",
        "connections.gw-2.client_id": "is the same as connections.lift-gw.client_id",
        "devices.ahu-2.instance": "is the same as devices.ahu.instance",
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such file"),
        (b"[site\n", "not TOML"),
        (b"[site]\nid = '\xff'\n", "not UTF-8"),
        (b"[site]\n[site]\n", "not TOML"),
    ],
)
def test_files_that_cannot_be_read(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SiteFileError) as caught:
        load_site(file)
    (problem,) = caught.value.problems
    assert said in str(problem)
    assert str(file) in str(problem)


INFLUXDB = '\n[influxdb]\nurl = "http://127.0.0.1:8086"\norg = "o"\nbucket = "b"\ntoken = "from the file"\n'


def test_environment_over_secrets_over_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = RIGHT + INFLUXDB

    def token() -> str:
        settings = loaded(tmp_path, text).influxdb
        assert settings is not None
        return settings.token.get_secret_value()

    assert token() == "from the file"
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "steward_influxdb__token").write_text("from a secrets file\n", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(secrets))
    assert token() == "from a secrets file"
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", "from the environment")
    assert token() == "from the environment"


def test_the_environment_reaches_ids_with_hyphens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_CONNECTIONS__LIFT_GW__PORT", "2883")
    monkeypatch.setenv("STEWARD_JOURNAL__PATH", "kept/here.db")
    monkeypatch.setenv("STEWARD_SITE__JUDGED_FROM", "2026-05-01T00:00:00Z")
    monkeypatch.setenv("STEWARD_CACHE", "not ours")
    found = loaded(tmp_path)
    bound = {c.name: c for c in found.connections}
    assert getattr(bound["lift-gw"].settings, "port", None) == 2883
    assert found.journal_path == (tmp_path / "kept" / "here.db").absolute()
    assert found.site.judged_from == 1777593600 * SECOND_NS


def test_an_error_from_outside_the_file_names_where_it_is_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD_SITE__AREA_M2", "-5")
    monkeypatch.setenv("STEWARD_SECRETS_DIR", str(tmp_path / "none"))
    with pytest.raises(SiteFileError, match="secrets folder"):
        loaded(tmp_path)
    monkeypatch.delenv("STEWARD_SECRETS_DIR")
    (problem,) = problems(tmp_path, RIGHT)
    assert (problem.file, problem.key) == ("STEWARD_SITE__AREA_M2", "site.area_m2")


def test_secrets_are_never_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", CANARY)
    monkeypatch.setenv("STEWARD_CONNECTIONS__LIFT_GW__PASSWORD", CANARY)
    text = RIGHT + INFLUXDB
    assert CANARY not in repr(loaded(tmp_path, text))
    listed = text.replace('token = "from the file"', f'token = ["{CANARY}"]')
    monkeypatch.delenv("STEWARD_INFLUXDB__TOKEN")
    shown = problems(tmp_path, listed.replace('"Asia/Shanghai"', '"Nowhere"'))
    assert len(shown) == 2
    assert CANARY not in "".join(map(str, shown))


def test_a_token_alone_in_the_environment_is_no_influxdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", CANARY)
    assert loaded(tmp_path).influxdb is None
    monkeypatch.delenv("STEWARD_INFLUXDB__TOKEN")
    keys = {problem.key for problem in problems(tmp_path, RIGHT + '[influxdb]\ntoken = "x"\n')}
    assert keys == {"influxdb.url", "influxdb.org", "influxdb.bucket"}


def test_the_demo_site_is_right() -> None:
    found = load_site(DEMO)
    assert len(found.commissioned) == len(found.site.points), "the demo ships commissioned"
    assert {connection.protocol for connection in found.connections} == {"bacnet", "modbus", "mqtt"}


def test_the_demo_moves_to_other_ports_and_nothing_else_changes() -> None:
    text = DEMO.read_text(encoding="utf-8")
    moved = relocate(text, 20000)
    assert relocate(text, 47800) == text
    before, after = tomllib.loads(text), tomllib.loads(moved)
    for table in ("connections", "devices"):
        for name, entry in before[table].items():
            if "port" in entry:
                assert after[table][name].pop("port") - 20000 == entry.pop("port") - 47800
    assert before == after


def test_the_catalogue_holds_the_availability_clause() -> None:
    clauses = {clause.id: clause for clause in load_catalogue()}
    availability = clauses["1.4-availability"]
    assert availability.threshold == Fraction(98, 100)
    assert (availability.number, availability.unit, availability.window) == ("一.4", "1", WindowKind.MONTH)


def test_a_wrong_catalogue_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_text('[clauses.x]\nthreshold = "98 %"\nwindow = "year"\n', encoding="utf-8")
    with pytest.raises(SiteFileError) as caught:
        load_catalogue(tmp_path)
    keys = {problem.key for problem in caught.value.problems}
    assert {"clauses.x.threshold", "clauses.x.window", "clauses.x.number"} <= keys

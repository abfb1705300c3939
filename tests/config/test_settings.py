"""The environment over secrets files over the site file, and secrets that are never shown."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from config.settings import Document, overlay_outside
from config.site import LoadedSite, SiteFileError, load_site
from config.toml_file import read_toml
from config.validation import validate
from connectors.mqtt.settings import Connection as MqttConnection
from evaluators.model.times import SECOND_NS
from tests.config.site_file import INFLUXDB, RIGHT, changed, loaded, problems

CANARY = "canary-5f1d"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEWARD_SECRETS_DIR", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets files that is in use."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    monkeypatch.setenv("STEWARD_SECRETS_DIR", str(folder))
    return folder


def token(site: LoadedSite) -> str:
    """InfluxDB's token."""
    assert site.influxdb is not None
    return site.influxdb.token.get_secret_value()


def gateway(site: LoadedSite) -> MqttConnection:
    """The MQTT connection."""
    (found,) = (c.settings for c in site.connections if isinstance(c.settings, MqttConnection))
    return found


def test_environment_over_secrets_over_file(
    tmp_path: Path, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = RIGHT + INFLUXDB
    assert token(loaded(tmp_path, text)) == "from the file"
    (secrets / "steward_influxdb__token").write_text("from a secrets file\n", encoding="utf-8")
    assert token(loaded(tmp_path, text)) == "from a secrets file"
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", "from the environment")
    assert token(loaded(tmp_path, text)) == "from the environment"


def test_our_secrets_folder_goes_before_systemds(
    tmp_path: Path, secrets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "steward_influxdb__token").write_text("systemd's", encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert token(loaded(tmp_path, RIGHT + INFLUXDB)) == "from the file"
    monkeypatch.delenv("STEWARD_SECRETS_DIR")
    assert token(loaded(tmp_path, RIGHT + INFLUXDB)) == "systemd's"


def test_every_kind_of_value_comes_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {
        "SITE__JUDGED_FROM": "2026-05-01T00:00:00Z",
        "SITE__COMMISSIONED": "true",
        "SITE__NAME": "2026",
        "JOURNAL__PATH": "kept/here.db",
        "CONNECTIONS__LIFT_GW__PORT": "2883",
        "DEVICES__AHU__PERIOD_S": "0.5",
        "DEVICES__METER__POINTS__ENERGY__ABSENT": "[1, 2]",
        "DEVICES__METER__POINTS__ENERGY__UNIT": "kW.h",
        "EQUIPMENT__AHU_1__ITEMS__AIR__LIFE_SAFETY": "true",
    }.items():
        monkeypatch.setenv(f"STEWARD_{name}", text)
    found = loaded(tmp_path)
    points = {point.key: point for point in found.site.points}
    (meters,) = (connection for connection in found.connections if connection.name == "meters")
    (air,) = found.site.items()
    assert found.site.judged_from == 1777593600 * SECOND_NS
    assert "gw/car" in found.commissioned
    assert found.site.name == "2026"
    assert found.journal_path == tmp_path / "kept" / "here.db"
    assert gateway(found).port == 2883
    assert points["ahu/supply"].hold_ns == 3 * SECOND_NS // 2
    assert getattr(meters.devices["meter"].points["energy"], "absent", None) == (1, 2)
    assert points["meter/energy"].unit == "kW.h"
    assert air.life_safety


@pytest.mark.parametrize("text", ["123456", "true", "null", '["x"]', '"quoted"', "1e5", "x = 1", "密码", ""])
def test_text_that_looks_like_something_else_stays_text(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEWARD_CONNECTIONS__LIFT_GW__PASSWORD", text)
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", text)
    found = loaded(tmp_path, RIGHT + INFLUXDB)
    assert gateway(found).password.get_secret_value() == text
    assert token(found) == text


def test_secrets_files_of_every_name_and_editor(tmp_path: Path, secrets: Path) -> None:
    (secrets / "STEWARD_INFLUXDB__TOKEN").write_bytes(b"\xef\xbb\xbfthe token\r\n")
    (secrets / "steward_connections__lift-gw__password").write_text("the password", encoding="utf-8")
    (secrets / "tls.der").write_bytes(b"\xff\x00 another program's")
    found = loaded(tmp_path, RIGHT + INFLUXDB)
    assert (token(found), gateway(found).password.get_secret_value()) == ("the token", "the password")


def test_variables_of_other_things_are_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STEWARD_SITE_FILE", "STEWARD_TEST_YEARS", "STEWARD_CACHE", "STEWARD_X__Y", "STEWARDSITE__ID"):
        monkeypatch.setenv(name, "not ours")
    assert loaded(tmp_path).site.id == "tower"


@pytest.mark.parametrize(
    ("variable", "text", "key", "said"),
    [
        ("SITE__AREA_M2", "-5", "site.area_m2", "-5 is out of range; give a number above 0"),
        ("SITE__AREA_M2", "wide", "site.area_m2", '"wide" is not a number'),
        ("SITE__COMMISSIONED", "yes", "site.commissioned", '"yes" is not true or false'),
        ("SITE__JUDGED_FROM", "2026-05-01", "site.judged_from", "2026-05-01 is not a time with a zone"),
        ("SITE__TIMEZON", "UTC", "site.timezon", 'did you mean "timezone"?'),
        ("SITE__NAME__FIRST", "x", "site.name", "is a value, not a table"),
        ("JOURNAL", "/var/lib/j.db", "journal", "name a key in it, as in STEWARD_JOURNAL__KEY"),
        ("CONNECTIONS__BMS", "x", "connections.bms", "is a table, not a value"),
        ("CONNECTIONS__BMS__PROTOCOL", "knx", "connections.bms.protocol", '"knx" is not spoken here'),
        ("CONNECTIONS__LIFTGW__PORT", "1", "connections.liftgw", 'no such table; did you mean "lift-gw"?'),
        ("DEVICES__AHU__CONNECTION", "bmss", "devices.ahu.connection", 'did you mean "bms"?'),
        ("DEVICES__AHU__POINTS__SUPPLI__UNIT", "K", "devices.ahu.points.suppli", 'did you mean "supply"?'),
    ],
)
def test_an_error_from_the_environment_names_the_variable(
    variable: str, text: str, key: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"STEWARD_{variable}", text)
    (problem,) = problems(tmp_path, changed(('id = "tower"', 'id = "tower"\nname = "大厦"')))
    assert (problem.file, problem.key) == (f"STEWARD_{variable}", key)
    assert said in str(problem)


def test_an_error_in_a_secrets_file_names_it_beside_all_others(tmp_path: Path, secrets: Path) -> None:
    file = secrets / "steward_connections__lift_gw__port"
    file.write_text("many\n", encoding="utf-8")
    found = {problem.key: problem for problem in problems(tmp_path, changed(("48000", "0")))}
    assert found["connections.lift-gw.port"].file == str(file)
    assert found["site.area_m2"].file == str(tmp_path / "site.toml")


def test_secrets_that_cannot_be_read(tmp_path: Path, secrets: Path) -> None:
    (secrets / "steward_influxdb__token").write_bytes(b"\xff\xfe")
    (secrets / "steward_connections__lift_gw__password").mkdir()
    text = changed(("48000", "0"))
    found = {Path(problem.file).name: str(problem) for problem in problems(tmp_path, text)}
    assert "is not UTF-8 text; save it as UTF-8" in found["steward_influxdb__token"]
    assert "the secret cannot be read" in found["steward_connections__lift_gw__password"]
    assert "area_m2" in found["site.toml"]


@pytest.mark.parametrize("name", ["none", "site.toml"])
def test_a_secrets_folder_that_is_none(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / name))
    (problem,) = problems(tmp_path, RIGHT)
    assert problem.file == str(tmp_path / name)
    assert "the secrets folder cannot be read (" in problem.wrong


def test_a_secrets_folder_that_holds_something_else(tmp_path: Path, secrets: Path) -> None:
    with (secrets / "disk.img").open("wb") as file:
        file.truncate(17 * 2**20)
    (problem,) = problems(tmp_path, RIGHT)
    assert "the secrets folder cannot be read (secrets_dir size is above" in problem.wrong


def test_a_token_alone_in_the_environment_is_no_influxdb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", CANARY)
    assert loaded(tmp_path).influxdb is None
    monkeypatch.delenv("STEWARD_INFLUXDB__TOKEN")
    keys = [problem.key for problem in problems(tmp_path, RIGHT + '[influxdb]\ntoken = "x"\n')]
    assert keys == ["influxdb.url", "influxdb.org", "influxdb.bucket"]


WRONG_SECRETS = [
    f'token = ["{CANARY}"]',
    f'token = {{ x = "{CANARY}" }}',
    f'token = ""\npassword = "{CANARY}"',
    f'token = "{CANARY}"\nurl = ""',
    f'tokken = "{CANARY}"',
]


@pytest.mark.parametrize("line", WRONG_SECRETS)
def test_errors_show_no_secret(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_CONNECTIONS__LIFT_GW__PASSWORD", CANARY)
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN__X", CANARY)
    monkeypatch.setenv("STEWARD_CONNECTIONS__LIFT_GW__PASSWORD__X", CANARY)
    file = tmp_path / "site.toml"
    file.write_text(changed(('token = "from the file"', line), text=RIGHT + INFLUXDB), encoding="utf-8")
    with pytest.raises(SiteFileError) as caught:
        load_site(file)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.problems)
    assert error.problems
    assert CANARY not in shown


def test_what_is_loaded_shows_no_secret(tmp_path: Path, secrets: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEWARD_INFLUXDB__TOKEN", CANARY)
    (secrets / "steward_connections__lift_gw__password").write_text(CANARY, encoding="utf-8")
    found = loaded(tmp_path, changed(("from the file", CANARY), text=RIGHT + INFLUXDB))
    document = Document(str(found.path), read_toml(found.path))
    overlay_outside(document)
    assert (token(found), gateway(found).password.get_secret_value()) == (CANARY, CANARY)
    for thing in (found, document, validate(document)):
        assert CANARY not in f"{thing!r} {thing}"

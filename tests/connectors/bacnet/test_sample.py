"""The sample and the README against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bacpypes3.basetypes import PropertyIdentifier

import connectors.bacnet
from connectors.bacnet import quality
from connectors.bacnet.connector import connect
from connectors.bacnet.cover import MOST_WAITING
from connectors.bacnet.device import MOST_BACKOFF_S
from connectors.bacnet.plan import MAX_APDU
from connectors.bacnet.reader import MOST_MISSES
from connectors.bacnet.settings import Connection, Device, Point
from connectors.bacnet.subscription import MOST_MISSED, RENEWED_AT, SPREAD
from connectors.protocol import BoundConnection, BoundDevice, BoundPoint
from evaluators.model.samples import Reason
from tests.connectors.bacnet.field import KINDS

FOLDER = Path(connectors.bacnet.__file__).parent
SAMPLE = (FOLDER / "sample.toml").read_text(encoding="utf-8")
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def rows(text: str, heading: str) -> list[str]:
    """The table under a heading that begins so, without its head, its marks of code and its trailing blanks."""
    table = text[text.index(heading) :].split("\n\n")[0].splitlines()[2:]
    return [row.replace("`", "") for row in table]


def test_the_sample_is_a_site_files_own() -> None:
    tables = tomllib.loads(SAMPLE)
    assert set(tables) == {"connections", "devices"}
    (settings,) = (Connection.model_validate(table) for table in tables["connections"].values())
    devices = []
    for name, table in tables["devices"].items():
        points = {key: Point.model_validate(given) for key, given in table.pop("points").items()}
        bound = [BoundPoint(n, f"{name}/{key}", KINDS[p.type], p) for n, (key, p) in enumerate(points.items())]
        devices.append(BoundDevice(name, Device.model_validate(table), tuple(bound)))
        assert devices[-1].settings.connection in tables["connections"]
    assert len(connect(BoundConnection("bms", settings, tuple(devices))).health()) == 3


def test_the_readme_shows_the_sample_as_it_is() -> None:
    assert re.findall(r"```toml\n(.*?)```", README, re.DOTALL) == [SAMPLE]


def test_the_readme_and_the_module_have_the_same_quality_table() -> None:
    heading = "| the object says"
    assert quality.__doc__
    assert rows(README, heading)[1:] == rows(quality.__doc__, heading)[1:]
    names = ", ".join(sorted(str(PropertyIdentifier(number)) for number in quality.WITNESS_PROPERTIES))
    assert rows(README, heading)[0] == f"| the point is itself a witness: {names} | good | |"


def test_the_readme_names_reasons_and_numbers_as_they_are() -> None:
    cells = [row.split("|")[2] for row in README[README.index("| what happens") :].splitlines() if row[:2] == "| "]
    named = {label for cell in cells for label in re.findall(r"`(\w+)`", cell)}
    assert len(named) == 10
    assert named <= {reason.label for reason in Reason}
    assert f"1 s growing to {MOST_BACKOFF_S:g} s" in README
    assert f"after {MOST_MISSES} such requests" in README
    assert f"one datagram ({MAX_APDU} bytes)" in README
    assert f"more than {MOST_WAITING} notifications wait" in README
    assert (MOST_MISSED, RENEWED_AT + SPREAD < 0.5) == (3, True)
    assert "three times in a row not told" in README
    assert "before half of its lifetime" in README

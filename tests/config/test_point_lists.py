"""Point lists: read as the site file would be, every mistake with row and column, and written to be read back."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from agent.cli import app
from config.point_lists import headings
from config.problems import SiteFileError
from config.site import LoadedSite, load_site
from connectors.registry import PROTOCOLS, schema
from tests.config.site_file import RIGHT

SITE = """
[site]
id = "tower"
timezone = "Asia/Shanghai"

[points]
files = [{files}]

[connections.bms]
protocol = "bacnet"
host = "127.0.0.1"
port = 47800

[connections.meters]
protocol = "modbus"

[devices.ahu]
connection = "bms"
host = "127.0.0.1"
instance = 1001

[devices.meter]
connection = "meters"
host = "127.0.0.1"
points = {{ power = {{ type = "float", address = 8, encoding = "float32" }} }}
"""

ENGLISH = "device,point,type,object,address,encoding,absent,commissioned,# note\n"
CHINESE = "设备,点位,名称,类型,object,address,encoding,已验证\n"


def site(folder: Path, **lists: str | bytes) -> LoadedSite:
    """A site with these point lists, by name without the dot."""
    for name, content in lists.items():
        data = content if isinstance(content, bytes) else content.encode()
        (folder / name.replace("_", ".")).write_bytes(data)
    files = ", ".join(f'"{name.replace("_", ".")}"' for name in lists)
    path = folder / "site.toml"
    path.write_text(SITE.format(files=files), encoding="utf-8")
    return load_site(path)


def wrong(folder: Path, **lists: str | bytes) -> list[str]:
    """What is said of a site with these lists."""
    with pytest.raises(SiteFileError) as caught:
        site(folder, **lists)
    return [str(problem) for problem in caught.value.problems]


def xlsx(*rows: list[object]) -> bytes:
    """A workbook of one sheet."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "点表"
    for row in rows:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_rows_become_points_of_their_devices(tmp_path: Path) -> None:
    loaded = site(
        tmp_path,
        bms_csv=CHINESE + 'ahu,supply,送风温度,float,"analog-input,1",,,是\n',
        meters_csv=ENGLISH + "meter,energy,int,,0,uint64,65535; 0,no,read daily\n,,,,,,,,\n",
    )
    assert [point.key for point in loaded.site.points] == ["ahu/supply", "meter/power", "meter/energy"]
    assert loaded.site.points[0].name == "送风温度"
    assert loaded.commissioned == {"ahu/supply"}
    meter = loaded.connections[1].devices["meter"].points["energy"]
    assert meter.model_dump(exclude_unset=True) == {
        "type": "int",
        "address": 0,
        "encoding": "uint64",
        "absent": (65535, 0),
        "commissioned": False,
    }


def test_numbers_of_a_spreadsheet_are_numbers(tmp_path: Path) -> None:
    rows = xlsx(
        ["device", "point", "type", "address", "scale", "commissioned"], ["meter", "a", "float", 7.0, 0.1, True]
    )
    settings = site(tmp_path, a_xlsx=rows).connections[1].devices["meter"].points["a"]
    assert settings.model_dump(include={"address", "scale", "commissioned"}) == {
        "address": 7,
        "scale": 0.1,
        "commissioned": True,
    }


def test_each_mistake_has_its_row_and_column(tmp_path: Path) -> None:
    text = (
        "设备,点位,类型,address,encoding\n"
        "meter,a,float,99999,uint16\n"
        "meter,b,flaot,1,uint16\n"
        "pump,c,int,2,uint16\n"
        "meter,,int,2,uint16\n"
        "meter,power,int,2,uint16\n"
        "ahu,d,int,2,\n"
    )
    said = wrong(tmp_path, a_csv=text)
    assert said == [
        'a.csv: row 4: device "pump" is not in the site file; devices there are: ahu, meter',
        "a.csv: row 5: names no point; fill in 点位 (point)",
        f"a.csv: row 6: meter/power is given twice, first in {tmp_path}/site.toml; keep one of them",
        "a.csv, row 7: devices.ahu.points.d.object: is missing; add it",
        "a.csv, row 7, column address: devices.ahu.points.d.address: is no key of this table; "
        f"keys there are: {', '.join(sorted(schema('bacnet').point.model_fields))}",
        'a.csv, row 3, column 类型: devices.meter.points.b.type: "flaot" is none of the choices; give "float", '
        '"int", "bool" or "text"',
        "a.csv, row 2: devices.meter.points.a: 99999 is beyond the last address, 65535; look it up in the "
        "device's manual",
    ]


def test_a_sheet_with_a_heading_that_means_nothing_is_not_read(tmp_path: Path) -> None:
    said = wrong(tmp_path, a_csv="device,point,adress,type,类型\nmeter,a,1,int,int\n")
    assert said == [
        'a.csv: column adress: is no key of a point; did you mean "address"?',
        "a.csv: column 类型: is a second column for type; keep one of them",
    ]
    assert wrong(tmp_path, a_csv="点位\nx\n") == [
        "a.csv: column 设备: is missing; add 设备 (device): the id of the device"
    ]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a_doc", b"", 'a.doc: files that end with ".doc" are not read; save it as .xlsx or .csv'),
        ("a_csv", b"", "a.csv: holds nothing; give it a row of headings and a row a point"),
        ("a_csv", b'device,point\n"ahu,x\n', "a.csv: row 2: cannot be read (unexpected end of data)"),
        ("a_xlsx", b"nothing of the kind", "a.xlsx: is no workbook"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, name: str, data: bytes, problem: str) -> None:
    assert wrong(tmp_path, **{name: data})[0].startswith(problem)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(SITE.format(files='"gone.csv"'), encoding="utf-8")
    with pytest.raises(SiteFileError, match=r"gone\.csv: cannot be read"):
        load_site(path)


def test_merged_cells_and_dates_are_refused(tmp_path: Path) -> None:
    rows = xlsx(["device", "point", "type", "address"], ["meter", "a", "int", date(2026, 3, 1)])
    assert (
        'a.xlsx: sheet 点表, row 2, column address: "2026-03-01" is a date or time'
        in wrong(tmp_path, a_xlsx=rows)[0]
    )


def test_text_in_gb18030_is_read(tmp_path: Path) -> None:
    text = CHINESE + 'ahu,supply,送风温度,float,"analog-input,1",,,是\n'
    assert site(tmp_path, a_csv=text.encode("gb18030")).site.points[0].name == "送风温度"


def test_no_heading_means_two_keys() -> None:
    for protocol in PROTOCOLS:
        point = schema(protocol).point
        assert point.HEADINGS.keys() == point.model_fields.keys()
        assert len(set(point.HEADINGS.values())) == len(point.HEADINGS)
    assert headings()["点位"] == "point"


@pytest.mark.parametrize("suffix", ["xlsx", "csv"])
@pytest.mark.parametrize("flags", [[], ["--english"]])
def test_what_is_exported_reads_back_the_same(tmp_path: Path, suffix: str, flags: list[str]) -> None:
    first = tmp_path / "first.toml"
    hostile = 'name = "送风温度"', "name = '=cmd|\"/c calc\"!A1'"
    first.write_text(RIGHT.replace(*hostile), encoding="utf-8")
    output = tmp_path / f"points.{suffix}"
    done = CliRunner().invoke(app, ["points", "export", "-o", str(output), *flags, str(first)])
    assert done.exit_code == 0, done.output
    bare = "".join(
        line + "\n"
        for line in RIGHT.splitlines()
        if not (line.startswith(("supply", "mode", "energy", "fault", "car")) or line.endswith(".points]"))
    )
    second = tmp_path / "second.toml"
    second.write_text(f'[points]\nfiles = ["points.{suffix}"]\n{bare}', encoding="utf-8")
    before, after = load_site(first), load_site(second)
    assert after.site == before.site
    assert after.connections == before.connections
    assert after.commissioned == before.commissioned


def test_a_template_has_the_columns_of_its_protocols(tmp_path: Path) -> None:
    output = tmp_path / "points.csv"
    done = CliRunner().invoke(app, ["points", "template", "-o", str(output), "--english", "mqtt"])
    assert done.exit_code == 0
    assert output.read_text("utf-8-sig").strip().split(",") == [
        "device",
        "point",
        *schema("mqtt").point.model_fields,
    ]
    assert CliRunner().invoke(app, ["points", "template", "-o", str(output), "knx"]).exit_code == 2
    assert CliRunner().invoke(app, ["points", "template", "-o", str(tmp_path / "points.pdf")]).exit_code == 2


def test_lists_and_mappings_are_written_freely(tmp_path: Path) -> None:
    head = "设备,点位,类型,寄存器地址,枚举,无效值\n"
    loaded = site(tmp_path, a_csv=head + 'meter,a,text,1,"0=停；1=运行;2=""3""",\nmeter,b,int,2,,"65535，0"\n')
    points = loaded.connections[1].devices["meter"].points
    assert points["a"].model_dump()["values"] == {"0": "停", "1": "运行", "2": "3"}
    assert points["b"].model_dump()["absent"] == (65535, 0)

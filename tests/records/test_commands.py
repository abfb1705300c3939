"""The commands, in processes of their own: with nobody at the journal, and while another process holds it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from agent.cli import app, delivering
from agent.history.history import History
from agent.records.columns import columns_of
from agent.records.store import read_all
from evaluators.model.bodies import BODIES, Body, Commissioning, Declaration, Dismissal, WorkOrder
from evaluators.model.records import Record
from tests.e2e.site import DEMO, ROOT, end, steward

HEAD = "编号,设备编号,报修时间,附件\n"
GOOD = "0012,lift-1,2026-03-01 08:00,a.pdf\n"
BAD = "WO-2,lift-9,2026-03-01 08:00,\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """The demo's site file, in a folder of its own."""
    path = tmp_path / "site.toml"
    path.write_text(DEMO.read_text(encoding="utf-8"), encoding="utf-8")
    return path


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """A file of work orders: one good with a report beside it, one bad."""
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"a report\n")
    path = folder / "work-order.csv"
    path.write_text(HEAD + GOOD + BAD, encoding="utf-8")
    return path


class Asked(NamedTuple):
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def ask(*words: str) -> Asked:
    """Run a command in this process, which takes a tenth of the time."""
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    return Asked(result.exit_code, result.stdout, result.stderr)


def kept(site: Path) -> list[Record[Body]]:
    """Every version of every record."""
    with History.open(site.parent / "journal.db") as history:
        return list(read_all(history))


@contextmanager
def held(site: Path) -> Iterator[subprocess.Popen[str]]:
    """The journal, held by a process that watches the inbox."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.records.holder", str(site)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "holding\n"
        yield process
    finally:
        end(process, signal.SIGKILL)


def test_import_without_an_agent(site: Path, orders: Path) -> None:
    first = steward("records", "import", str(orders), "--author", "王", str(site))
    assert first.returncode == 1
    assert first.stdout == "work-order.csv: 1 added, 0 amended, 0 unchanged, 1 refused: work-order:0012@1\n"
    assert (
        'work-order.csv: row 3, column 设备编号: there is no equipment "lift-9"; did you mean "lift-'
        in first.stderr
    )
    again = steward("records", "import", str(orders), "--author", "王", str(site), "--json")
    (report,) = json.loads(again.stdout)
    assert (report["unchanged"], report["refused"], report["clean"]) == (1, 1, False)
    (record,) = kept(site)
    assert (record.author, [each.name for each in record.attachments]) == ("王", ["a.pdf"])
    refused = steward("records", "refused", str(site))
    assert refused.stdout.endswith("1 refused\n")
    orders.write_text(HEAD + GOOD + BAD.replace("lift-9", "lift-2"), encoding="utf-8")
    assert steward("records", "import", str(orders), "--author", "王", str(site)).returncode == 0
    assert json.loads(steward("records", "refused", "--json", str(site)).stdout) == []


def test_import_while_another_process_holds_the_journal(site: Path, orders: Path) -> None:
    words = ["records", "import", str(orders), "--source", "cmms", "--go-live", str(site)]
    with held(site):
        first = steward(*words)
        assert first.returncode == 1, first.stderr
        assert (
            first.stdout == "work-order.csv: 1 added, 0 amended, 0 unchanged, 1 refused: work-order:cmms/0012@1\n"
        )
        assert "lift-9" in first.stderr
        (record,) = kept(site)
        assert (record.source, record.imported, record.id) == ("cmms", True, "0012")
        assert (site.parent / "attachments" / record.attachments[0].sha256).read_bytes() == b"a report\n"
        proved = steward("commission", "lifts", "--author", "李", "--method", "按钮", str(site))
        assert proved.returncode == 0, proved.stderr
    assert isinstance(kept(site)[-1].body, Commissioning)


def test_nobody_takes_what_waits(site: Path, orders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that holds the journal does not look: what was handed over stays, and is taken later."""
    monkeypatch.setattr(delivering, "REPORT_WITHIN_S", 1.0)
    with held(site) as process:
        process.send_signal(signal.SIGSTOP)
        try:
            waited = ask("records", "import", str(orders), str(site))
        finally:
            process.send_signal(signal.SIGCONT)
    assert waited.returncode == 3
    assert "the agent has not taken them within 1 s" in waited.stderr
    monkeypatch.undo()
    with held(site):
        proved = ask("commission", "lifts", "--author", "李", str(site))
    assert proved.returncode == 0, proved.stderr
    assert [record.kind for record in kept(site)] == ["work-order", "commissioning"]


def test_a_folder_that_cannot_be_written_fails_and_says_so(site: Path, orders: Path) -> None:
    (site.parent / "attachments").write_text("a file, where a folder should be", encoding="utf-8")
    asked = ask("records", "import", str(orders), str(site))
    assert asked.returncode == 1
    assert "attachments" in asked.stderr
    assert asked.stdout == ""
    with held(site):
        handed = ask("records", "import", str(orders), str(site))
    assert handed.returncode == 1
    assert "work-order.csv: " not in handed.stdout
    assert "FileExistsError" in handed.stderr
    assert kept(site) == []


def test_declare(site: Path) -> None:
    words = ["declare", "--items", "lift-1/car;lift-2", "--state", "planned", "--author", "王"]
    late = ask(*words, "--from", "2026-03-01 08:00", "--to", "2026-03-01T10:00:00+08:00", str(site))
    assert late.returncode == 0, late.stderr
    assert "it is kept, but does not count" in late.stderr
    ahead = ask(*words, "--from", "2199-03-01 08:00", "--to", "2199-03-01 10:00", "--panel-test",
                    "--reason", "检修", str(site), "--json")  # fmt: skip
    assert ahead.returncode == 0
    assert ahead.stderr == ""
    first, second = kept(site)
    assert isinstance(second.body, Declaration)
    assert (second.body.items, second.body.panel_test, second.body.reason) == (
        ("lift-1/car", "lift-2"),
        True,
        "检修",
    )
    assert re.fullmatch(r"declaration-\d{8}T\d{6}Z-[0-9a-f]{8}", first.id)
    assert first.made_at is not None
    assert first.made_at <= first.received
    wrong = ask(*words, "--from", "now", "--to", "2026-03-01 10:00", str(site))
    assert wrong.returncode == 2
    assert 'command line, column start: "now" is no time' in wrong.stderr


def test_commission(site: Path) -> None:
    assert ask("commission", "fire-panel", "ahu/co2", "--author", "李", str(site)).returncode == 0
    wrong = ask("commission", "ahu/co3", "--author", "李", str(site))
    assert wrong.returncode == 2
    assert 'did you mean "ahu/co2"' in wrong.stderr
    assert ask("commission", "--author", "李", str(site)).returncode == 2
    (record,) = kept(site)
    assert isinstance(record.body, Commissioning)
    assert (record.body.points, record.body.person) == (("fire-panel", "ahu/co2"), "李")


def test_refused(site: Path, orders: Path) -> None:
    ask("records", "import", str(orders), str(site))
    asked = ask("records", "refused", str(site))
    assert 'there is no equipment "lift-9"' in asked.stdout
    assert asked.stdout.endswith("1 refused\n")
    (row,) = json.loads(ask("records", "refused", "--json", str(site)).stdout)
    assert (row["file"], row["place"]) == ("work-order.csv", "work-order:WO-2")


NO_ID = ",lift-1,2026-03-01 08:00,\n"
"""A row without an id: nothing can be amended so, and it can come right only in the same place."""


def open_rows(site: Path, *words: str) -> list[tuple[int, str, str | None]]:
    """The refused rows: number, place and who dismissed them."""
    rows = json.loads(ask("records", "refused", "--json", *words, str(site)).stdout)
    return [(r["number"], r["place"], r["dismissed"] and r["dismissed"]["by"]) for r in rows]


def test_a_row_without_an_id_is_dismissed_and_kept(site: Path, orders: Path) -> None:
    orders.write_text(HEAD + NO_ID + BAD, encoding="utf-8")
    ask("records", "import", str(orders), str(site))
    assert open_rows(site) == [(1, "row 2", None), (2, "work-order:WO-2", None)]
    done = ask("records", "dismiss", "1", "--by", "王工", "--reason", "空行，误填", str(site))
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("row 1 (work-order.csv, row 2): dismissed by 王工: 空行，误填\n")
    assert open_rows(site) == [(2, "work-order:WO-2", None)]
    assert open_rows(site, "--all") == [(1, "row 2", "王工"), (2, "work-order:WO-2", None)]
    assert ask("records", "refused", str(site)).stdout.endswith("\n1 refused\n")
    shown = ask("records", "refused", "--all", str(site)).stdout
    assert "dismissed by 王工" in shown
    assert "误填" in shown
    assert shown.endswith("1 refused, 1 dismissed\n")
    (record,) = kept(site)
    assert isinstance(record.body, Dismissal)
    assert (record.author, record.body.place, record.body.reason) == ("王工", "row 2", "空行，误填")
    assert "编号" in record.body.problem, "what was wrong is kept with the decision"
    again = ask("records", "dismiss", "1", "--by", "李", "--reason", "x", str(site))
    assert again.returncode == 1
    assert "was dismissed by 王工 before" in again.stderr


def test_a_dismissed_row_is_open_again_once_something_else_is_wrong_with_it_or_it_is_taken_back(
    site: Path, orders: Path
) -> None:
    orders.write_text(HEAD + NO_ID, encoding="utf-8")
    ask("records", "import", str(orders), str(site))
    ask("records", "dismiss", "1", "--by", "王工", "--reason", "重复", str(site))
    ask("records", "import", str(orders), str(site))
    assert open_rows(site) == [], "the same again is nothing new"
    orders.write_text(HEAD + NO_ID.replace("lift-1", "lift-9"), encoding="utf-8")
    ask("records", "import", str(orders), str(site))
    assert open_rows(site) == [(1, "row 2", None)]
    orders.write_text(HEAD + NO_ID, encoding="utf-8")
    ask("records", "import", str(orders), str(site))
    assert open_rows(site) == []
    assert ask("records", "withdraw", kept(site)[0].name, "--author", "王工", str(site)).returncode == 0
    assert open_rows(site) == [(1, "row 2", None)]


def test_a_row_is_dismissed_while_another_process_holds_the_journal(site: Path, orders: Path) -> None:
    ask("records", "import", str(orders), str(site))
    with held(site):
        done = ask("records", "dismiss", "1", "--by", "王工", "--reason", "重复", str(site))
    assert done.returncode == 0, done.stderr
    assert open_rows(site) == []


def test_list_show_and_withdraw(site: Path, orders: Path) -> None:
    ask("records", "import", str(orders), str(site))
    ask("records", "import", str(orders), "--source", "cmms", str(site))
    listed = ask("records", "list", "维修工单", str(site))
    assert "work-order:cmms/0012" in listed.stdout
    assert json.loads(ask("records", "list", "round", str(site), "--json").stdout) == []
    rows = json.loads(ask("records", "list", str(site), "--json").stdout)
    assert [row["record"] for row in rows] == ["work-order:0012", "work-order:cmms/0012"]
    gone = ask("records", "withdraw", "work-order:cmms/0012", "--author", "王", str(site))
    assert gone.returncode == 0, gone.stderr
    versions = json.loads(ask("records", "show", "work-order:cmms/0012", str(site)).stdout)
    assert [(row["version"], row["withdrawn"], row["author"]) for row in versions] == [
        (1, False, ""),
        (2, True, "王"),
    ]
    assert versions[1]["attachments"] == versions[0]["attachments"] != []
    assert "withdrawn" in ask("records", "list", str(site)).stdout
    assert len(json.loads(ask("records", "show", "work-order:0012", str(site)).stdout)) == 1


def test_an_older_export_is_kept_but_does_not_count(site: Path, tmp_path: Path) -> None:
    head = "编号,设备编号,报修时间,故障原因,填报时间\n"
    for name, cause, made in (("new", "电机", "2026-03-02"), ("old", "皮带", "2026-03-01")):
        text = head + f"WO-1,lift-1,2026-03-01 08:00,{cause},{made} 09:00\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        asked = ask("records", "import", str(tmp_path / f"{name}.csv"), "--kind", "work-order", str(site))
        assert asked.returncode == 0, asked.stderr
    assert (
        asked.stdout
        == "old.csv: 0 added, 0 amended, 0 unchanged, 0 refused, 1 older than what counts: work-order:WO-1@2\n"
    )
    (listed,) = json.loads(ask("records", "list", str(site), "--json").stdout)
    assert (listed["version"], listed["body"]["cause"]) == (1, "电机")
    assert ask("records", "withdraw", "work-order:WO-1", "--author", "王", str(site)).returncode == 0
    versions = json.loads(ask("records", "show", "work-order:WO-1", str(site)).stdout)
    assert [(row["body"]["cause"], row["withdrawn"]) for row in versions] == [
        ("电机", False),
        ("皮带", False),
        ("电机", True),
    ]


def test_a_file_that_was_changed_or_is_gone_is_named(site: Path, orders: Path) -> None:
    ask("records", "import", str(orders), str(site))
    whole = ask("records", "verify", str(site))
    assert (whole.returncode, whole.stdout) == (
        0,
        "1 versions of records are as they were stated, 1 of 1 files\n",
    )
    (record,) = kept(site)
    file = site.parent / "attachments" / record.attachments[0].sha256
    file.chmod(0o640)
    file.write_bytes(b"another report\n")
    changed = ask("records", "verify", str(site))
    assert changed.returncode == 1
    assert changed.stderr.startswith(f"a.pdf of work-order:0012@1 was changed ({file}); put the file itself back")
    file.unlink()
    gone = ask("records", "verify", str(site), "--json")
    assert gone.returncode == 1
    assert json.loads(gone.stdout)["damaged"] == [
        {"sha256": file.name, "names": ["a.pdf"], "records": ["work-order:0012@1"], "wrong": "gone"}
    ]
    ask("records", "import", str(orders), str(site))
    assert ask("records", "verify", str(site)).returncode == 0, "the file came again with its record"


def test_a_record_is_found_without_its_source_where_only_one_has_the_id(site: Path, orders: Path) -> None:
    for source in ("cmms", "paper"):
        ask("records", "import", str(orders), "--source", source, str(site))
        shown = ask("records", "show", "work-order:0012", str(site))
        assert shown.returncode == (0 if source == "cmms" else 2)
    assert "is work-order:cmms/0012 or work-order:paper/0012; name one of them" in shown.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["records", "import", "gone.csv", "SITE"], "there is no such file"),
        (["records", "import", "SITE"], "no file to import"),
        (["records", "import", "a.csv", "other.toml", "SITE"], "cannot both be the site file"),
        (["records", "import", "SITE", "ORDERS", "--kind", "work-ordr"], 'did you mean "work-order"'),
        (["records", "list", "round", "test", "SITE"], "2 kinds were named"),
        (["records", "list", "ruond", "SITE"], 'did you mean "round"'),
        (["records", "show", "SITE"], "name one record as KIND:ID"),
        (["records", "withdraw", "SITE", "--author", "x"], "name one record as KIND:ID"),
        (["records", "template", "ruond", "-o", "x"], 'did you mean "round"'),
        (["records", "template", "--csv", "-o", "x.xlsx"], "name a folder"),
        (["records", "import", "ORDERS", "gone.toml"], "there is no such file"),
        (["records", "dismiss", "row", "--by", "x", "--reason", "y", "SITE"], "name one row by its number"),
        (["records", "dismiss", "1", "--by", " ", "--reason", "y", "SITE"], "must say who decides, and why"),
    ],
)
def test_wrong_usage_exits_with_2(words: list[str], said: str, site: Path, orders: Path) -> None:
    places = {"SITE": str(site), "ORDERS": str(orders)}
    asked = ask(*(places.get(word, word) for word in words))
    assert asked.returncode == 2, asked.stdout
    assert said in asked.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["list"],
        ["show", "test:1"],
        ["refused"],
        ["withdraw", "test:1", "--author", "x"],
        ["dismiss", "1", "--by", "x", "--reason", "y"],
        ["verify"],
    ],
)
def test_without_a_journal_the_reading_commands_exit_with_3(words: list[str], site: Path) -> None:
    asked = ask("records", *words, str(site))
    assert asked.returncode == 3
    assert "there is no journal" in asked.stderr


def test_a_record_that_is_not_there(site: Path, orders: Path) -> None:
    ask("records", "import", str(orders), str(site))
    for words in (["show", "work-order:7"], ["withdraw", "work-order:7", "--author", "x"]):
        asked = ask("records", *words, str(site))
        assert asked.returncode == 2
        assert "there is no record work-order:7" in asked.stderr
    asked = ask("records", "dismiss", "7", "--by", "x", "--reason", "y", str(site))
    assert asked.returncode == 2
    assert "there is no refused row 7" in asked.stderr


def test_a_journal_that_is_none(site: Path, orders: Path) -> None:
    (site.parent / "journal.db").write_bytes(b"something else" * 100)
    asked = ask("records", "import", str(orders), str(site))
    assert asked.returncode == 3
    assert "is no journal" in asked.stderr


def test_templates(tmp_path: Path, site: Path) -> None:
    written = ask("records", "template", "-o", str(tmp_path / "new"))
    assert written.returncode == 0, written.stderr
    book = load_workbook(tmp_path / "new" / "records.xlsx")
    filled_in = [kind for kind in BODIES.values() if not kind.BY_COMMAND]
    assert book.sheetnames == ["说明", *(kind.NAME_ZH for kind in filled_in)]
    assert len(filled_in) == len(BODIES) - 2
    assert ask("records", "template", "维修工单", "--csv", "-o", str(tmp_path)).returncode == 0
    text = (tmp_path / "work-order.csv").read_text(encoding="utf-8-sig")
    assert text == ",".join(column.zh for column in columns_of(WorkOrder)) + "\n"
    one = ask("records", "template", "work-order", "-o", str(tmp_path / "one.xlsx"))
    assert one.stdout == f"{tmp_path / 'one.xlsx'}\n"
    sheet = load_workbook(tmp_path / "one.xlsx")["维修工单"]
    for column, value in (("A", "WO-1"), ("B", "lift-1"), ("D", "2026-03-01 08:00")):
        sheet[f"{column}2"] = value
    assert sheet.parent is not None
    sheet.parent.save(tmp_path / "one.xlsx")
    assert ask("records", "import", str(tmp_path / "one.xlsx"), str(site)).returncode == 0
    assert [record.name for record in kept(site)] == ["work-order:WO-1"]
    unwritable = ask("records", "template", "-o", str(tmp_path / "one.xlsx" / "below"))
    assert unwritable.returncode == 1
    assert "cannot be written" in unwritable.stderr


def test_a_file_of_json(tmp_path: Path, site: Path) -> None:
    record = {"kind": "work-order", "id": "WO-1", "equipment": "lift-1", "reported_at": "2026-03-01 08:00"}
    path = tmp_path / "orders.json"
    path.write_text(json.dumps([record, {**record, "id": "WO-2"}]), encoding="utf-8")
    assert ask("records", "import", str(path), str(site)).returncode == 0
    assert [item.id for item in kept(site)] == ["WO-1", "WO-2"]

"""Taking files in: records, refusals and reports at once, and nothing twice."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from agent.history.history import History
from agent.records import intake as intake_module
from agent.records.draft import Delivery, Report
from agent.records.intake import read_bytes
from agent.records.refused import refused
from agent.records.views import record_row, report_row
from evaluators.model.records import Attachment
from tests.records.stated import ZONE, Desk, desk, order

HEAD = "编号,设备编号,报修时间,附件\n"
GOOD = "WO-1,lift-1,2026-03-01 08:00,\n"
BAD = "WO-2,lift-9,2026-03-01 08:00,\n"
NAMELESS = ",lift-1,2026-03-01 08:00,\n"


async def take(at: Desk, text: str, name: str = "work-order.csv", delivery: Delivery = Delivery()) -> Report:  # noqa: B008  # frozen
    """Write a file beside the journal and take it in."""
    path = at.journal.path.parent / name
    path.write_text(text, encoding="utf-8")
    return await at.intake.take_file(path, delivery)


def files(at: Desk) -> list[tuple[str, int]]:
    """Name and count of every file noted."""
    return [(name, taken) for name, taken in at.query("SELECT name, taken FROM intake ORDER BY seq")]


async def test_a_file_is_taken_with_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await take(at, HEAD + GOOD + BAD + NAMELESS)
        assert [record.id for record in at.records] == ["WO-1"]
        assert at.records[0].received == report.at
        assert report.taken.added == ("work-order:WO-1@1",)
        assert [refusal.place for refusal in report.refusals] == ["work-order:WO-2", "row 4"]
        assert not report.clean
        assert not report.useless
        assert at.refused == [("work-order.csv", "row 4"), ("work-order.csv", "work-order:WO-2")]
        ((name, digest, told),) = at.query("SELECT name, sha256, report FROM intake")
        assert (name, digest) == (
            "work-order.csv",
            hashlib.sha256((HEAD + GOOD + BAD + NAMELESS).encode()).hexdigest(),
        )
        assert {word: json.loads(told)[word] for word in ("added", "amended", "unchanged", "refused")} == {
            "added": 1, "amended": 0, "unchanged": 0, "refused": 2,
        }  # fmt: skip


async def test_the_same_file_twice_adds_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        first = await take(at, HEAD + GOOD + BAD)
        again = await take(at, HEAD + GOOD + BAD)
        assert again.taken.unchanged == first.taken.added
        assert len(at.records) == 1
        assert files(at) == [("work-order.csv", 1)]
        assert at.refused == [("work-order.csv", "work-order:WO-2")]
        assert at.query("SELECT at FROM refused") == [(first.at,)], "it is known since then"
        await take(at, HEAD + GOOD)
        assert files(at) == [("work-order.csv", 1), ("work-order.csv", 0)], "another file of the same name"


async def test_a_refused_row_is_listed_until_it_comes_right(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await take(at, HEAD + BAD + NAMELESS)
        await take(at, HEAD + GOOD, "work-order-2.csv")
        assert at.refused == [("work-order.csv", "row 3"), ("work-order.csv", "work-order:WO-2")]
        await take(at, HEAD + BAD.replace("lift-9", "pump"), "work-order-3.csv")
        assert at.refused == [("work-order.csv", "row 3")], "a record may come right by another file"
        await take(at, HEAD + GOOD + "WO-7" + NAMELESS, "work-order-4.csv")
        assert at.refused == [("work-order.csv", "row 3")], "a row is one of its file"
        await take(at, HEAD + GOOD + "WO-7" + NAMELESS)
        assert at.refused == []


async def test_a_file_that_cannot_be_read_is_listed_until_it_can(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await take(at, "天气\n晴\n")
        assert report.useless
        assert at.refused == [("work-order.csv", "")]
        assert files(at) == [("work-order.csv", 0)]
        await take(at, HEAD + GOOD)
        assert at.refused == []


async def test_what_was_refused_for_another_reason_says_the_newest(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await take(at, HEAD + BAD)
        later = await take(at, HEAD + BAD.replace("2026-03-01 08:00", "soon"))
        assert at.query("SELECT at FROM refused") == [(later.at,)]
        assert len(files(at)) == 2


async def test_files_that_rows_name_are_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (tmp_path / "a.pdf").write_bytes(b"a report\n")
        text = HEAD + GOOD.replace(",\n", ",a.pdf\n") + BAD.replace("lift-9", "pump").replace(",\n", ",gone.pdf\n")
        report = await take(at, text)
        sha256 = hashlib.sha256(b"a report\n").hexdigest()
        assert at.records[0].attachments == (Attachment("a.pdf", sha256),)
        assert (tmp_path / "attachments" / sha256).read_bytes() == b"a report\n"
        (refusal,) = report.refusals
        assert 'row 3, attachments: there is no file "gone.pdf"; put it beside' in str(refusal.problems[0])
        (tmp_path / "gone.pdf").write_bytes(b"found again")
        assert (await take(at, text)).clean
        assert at.refused == []


async def test_what_is_kept_already_can_be_named_by_its_digest(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        (tmp_path / "a.pdf").write_bytes(b"a report\n")
        await take(at, HEAD + GOOD.replace(",\n", ",a.pdf\n"))
        kept = [{"name": each.name, "sha256": each.sha256} for each in at.records[0].attachments]
        record = {"id": "WO-9", "equipment": "pump", "reported_at": "2026-03-01 08:00", "attachments": kept}
        assert (await take(at, json.dumps(record), "work-order.json")).clean
        assert at.records[1].attachments == at.records[0].attachments
        record |= {"id": "WO-10", "attachments": [{"name": "b", "sha256": "0" * 64}]}
        report = await take(at, json.dumps(record), "work-order.json")
        assert "is not kept here; hand the file itself in" in str(report.refusals[0].problems[0])


async def test_bytes_without_a_folder_bring_no_files(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        text = HEAD + GOOD + BAD.replace("lift-9", "pump").replace(",\n", ",a.pdf\n")
        report = await at.intake.take_data("work-order.csv", text.encode(), None, Delivery(author="王"))
        assert [record.author for record in at.records] == ["王"]
        assert "no files can come this way" in str(report.refusals[0].problems[0])


async def test_a_delivery_says_what_rows_do_not(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await take(
            at, HEAD + GOOD, "old.csv", Delivery(kind="work-order", source="paper", author="李", imported=True)
        )
        (record,) = at.records
        assert (record.name, record.author, record.imported) == ("work-order:paper/WO-1", "李", True)


async def test_a_file_may_be_called_by_any_bytes(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        path = tmp_path / os.fsdecode("work-order-\xb9\xa4.csv".encode("latin-1"))
        path.write_text(HEAD + BAD, encoding="utf-8")
        report = await at.intake.take_file(path, Delivery(kind="work-order"))
        assert report.name == "work-order-\ufffd\ufffd.csv"
        assert at.refused == [(report.name, "work-order:WO-2")]


async def test_only_some_problems_are_noted_with_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "PROBLEMS_NOTED", 1)
    async with desk(tmp_path) as at:
        await take(at, HEAD + BAD + BAD.replace("WO-2", "WO-3"))
        ((told,),) = at.query("SELECT report FROM intake")
        assert len(json.loads(told)["problems"]) == 1
        assert len(at.refused) == 2


def test_only_plain_files_are_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "."):
        with pytest.raises(OSError, match="is no plain file"):
            read_bytes(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "gone")


async def test_a_body_is_shown_as_json_has_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        training = {
            "kind": "training",
            "id": "T",
            "performed_at": "2026-03-01 08:00",
            "subject": "x",
            "hours": "3/2",
        }
        paper = {"kind": "certificate", "id": "C", "staff": "1", "certificate": "x", "issued": "2026-03-01"}
        await take(at, json.dumps([{**training, "hours": "3/2", "attended": ["1", "2"]}, paper]), "records.json")
        first, second = (record_row(record, ZONE)["body"] for record in at.records)
        assert (first["hours"], first["attended"]) == ("3/2", ["1", "2"])
        assert (second["issued"], second["expires"]) == ("2026-03-01", None)


async def test_rows_for_programs(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        report = await take(at, HEAD + GOOD + BAD)
        row = report_row(report, ZONE)
        assert (row["added"], row["refused"], row["clean"], row["taken"]) == (1, 1, False, ["work-order:WO-1@1"])
        assert row["refusals"][0]["problems"][0]["key"] == "row 3, column 设备编号"
        shown = record_row(at.records[0], ZONE)
        assert shown["record"] == "work-order:WO-1"
        assert shown["body"]["reported_at"] == "2026-03-01T08:00:00.000000+08:00"
        assert shown["body"]["equipment"] == order().body.equipment  # type: ignore[attr-defined]  # a work order
        with History.open(at.journal.path) as history:
            (wrong,) = refused(history)
        assert (wrong.file, wrong.place, wrong.number, wrong.dismissal) == (
            "work-order.csv",
            "work-order:WO-2",
            1,
            None,
        )

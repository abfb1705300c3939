"""The watched folder: whatever lies in it is taken once, or refused once, and moved away with a report."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent.clock import SystemClock
from agent.errors import JournalFull, SinkClosed
from agent.records.draft import Delivery
from agent.records.handover import MANIFEST, hand_over, read_manifest, report_of
from agent.records.inbox import Inbox
from tests.records.stated import KNOWN, ZONE, Desk, desk
from tests.waiting import until

HEAD = "编号,设备编号,报修时间,附件\n"
GOOD = "WO-1,lift-1,2026-03-01 08:00,\n"
BAD = "WO-2,lift-9,2026-03-01 08:00,\n"


@dataclass
class Watched:
    """An inbox and its journal."""

    folder: Path
    at: Desk
    inbox: Inbox

    def put(self, text: str, name: str = "work-order.csv") -> Path:
        """Write a file into the folder, as if some time ago."""
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def lying(self, *parts: str) -> list[str]:
        """The names in the folder, or in one below, without the time before them."""
        names = [
            each.name for each in self.folder.joinpath(*parts).iterdir() if each.name not in ("taken", "refused")
        ]
        return sorted(name.partition("Z-")[2] or name for name in names)

    def report(self, folder: str) -> Any:
        """The only report of a folder."""
        (path,) = (self.folder / folder).glob("*.report.json")
        return json.loads(path.read_text(encoding="utf-8"))

    async def look(self) -> int:
        """Two looks: what lies there has settled by the second one."""
        return await self.inbox.look() + await self.inbox.look()


@asynccontextmanager
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    """A prepared inbox that nobody looks at."""
    folder = tmp_path / "inbox"
    async with desk(tmp_path) as at:
        inbox = Inbox(folder, at.intake, SystemClock(), ZONE)
        await asyncio.to_thread(inbox._prepare)
        yield Watched(folder, at, inbox)


async def test_a_file_is_taken_once_it_has_settled(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        path = box.put(HEAD)
        assert await box.inbox.look() == 0, "it may still be written"
        with path.open("a", encoding="utf-8") as growing:
            growing.write(GOOD)
        assert await box.inbox.look() == 0, "it was"
        assert await box.inbox.look() == 1
        assert [record.id for record in box.at.records] == ["WO-1"]
        assert box.lying() == []
        assert box.lying("taken") == ["work-order.csv", "work-order.csv.report.json"]
        assert box.report("taken")["added"] == 1
        assert box.report("taken")["file"] == "work-order.csv"


async def test_an_empty_inbox_is_caught_up_with_at_once(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        assert not box.inbox.caught_up.is_set()
        await box.inbox.look()
        assert box.inbox.caught_up.is_set()


async def test_it_is_caught_up_once_all_that_lay_there_first_is_dealt_with(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        grown, gone = box.put(HEAD, "work-order-1.csv"), box.put(HEAD, "work-order-2.csv")
        box.put("{", "broken.json")
        await box.inbox.look()
        grown.write_text(HEAD + GOOD, encoding="utf-8")
        gone.unlink()
        await box.inbox.look()
        assert not box.inbox.caught_up.is_set(), "one of them has not settled"
        box.put(HEAD + GOOD.replace("WO-1", "WO-3"), "work-order-3.csv")
        await box.inbox.look()
        assert box.inbox.caught_up.is_set(), "what came later is not waited for"
        assert box.lying() == ["work-order-3.csv"]


async def test_what_cannot_be_moved_away_holds_nothing_up(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        box.put(HEAD + GOOD)
        shutil.rmtree(box.folder / "taken")
        await box.look()
        assert box.inbox.caught_up.is_set()
        assert box.lying() == ["work-order.csv"]


async def test_some_bad_rows_are_reported_and_a_bad_file_is_set_aside(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        box.put(HEAD + GOOD + BAD)
        box.put("{", "broken.json")
        assert await box.look() == 2
        assert box.report("taken")["refusals"][0]["place"] == "work-order:WO-2"
        assert box.lying("refused") == ["broken.json", "broken.json.report.json"]
        assert "is no JSON" in box.report("refused")["problems"][0]["wrong"]


async def test_files_are_taken_in_the_order_they_were_written(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        for age, equipment in enumerate(("lift-1", "pump", "fire-panel")):
            path = box.put(HEAD + GOOD.replace("lift-1", equipment), f"work-order-{age}.csv")
            os.utime(path, ns=((3 - age) * 10**9,) * 2)
        assert await box.look() == 3
        assert [getattr(each.body, "equipment", "") for each in box.at.records] == ["fire-panel", "pump", "lift-1"]


async def test_what_is_not_for_us_stays(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        (tmp_path / "secret.csv").write_text(HEAD + GOOD, encoding="utf-8")
        (box.folder / "work-order.csv").symlink_to(tmp_path / "secret.csv")
        os.mkfifo(box.folder / "pipe.csv")
        (box.folder / "folder.csv").mkdir()
        (box.folder / ("0" * 32)).mkdir()
        names = [".work-order.csv", "~$work-order.xlsx", "report.pdf", "work-order.csv.part"]
        for name in names:
            box.put(HEAD + GOOD, name)
        assert await box.look() == 0
        assert box.at.records == []
        assert len(box.lying()) == len(names) + 4


async def test_files_beside_a_sheet_are_kept_and_links_out_of_the_folder_are_not(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        (tmp_path / "secret").write_bytes(b"secret")
        (box.folder / "a.pdf").write_bytes(b"a report")
        (box.folder / "b.pdf").symlink_to(tmp_path / "secret")
        box.put(HEAD + GOOD.replace(",\n", ",a.pdf\n") + BAD.replace("lift-9", "pump").replace(",\n", ",b.pdf\n"))
        await box.look()
        assert [each.name for each in box.at.records[0].attachments] == ["a.pdf"]
        assert "lies outside" in box.report("taken")["refusals"][0]["problems"][0]["wrong"]


async def test_taking_a_file_again_after_a_kill_changes_nothing(tmp_path: Path) -> None:
    """Killed after the commit, before the file was moved away."""
    async with watched(tmp_path) as box:
        await box.at.intake.take_file(box.put(HEAD + GOOD + BAD))
    async with watched(tmp_path) as box:
        assert await box.look() == 1
        assert len(box.at.records) == 1
        assert len(box.at.query("SELECT seq FROM intake")) == 1
        assert box.report("taken")["unchanged"] == 1


async def test_a_name_may_be_long_or_of_any_bytes(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        box.put(HEAD + GOOD, "维修工单" + "1" * 230 + ".csv")
        box.put(HEAD + GOOD, os.fsdecode(b"work-order 1\xb9.csv"))
        assert await box.look() == 2
        assert len(box.lying("taken")) + len(box.lying("refused")) == 4


async def test_a_file_that_cannot_be_moved_is_left_alone_until_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path) as box:
        path = box.put(HEAD + GOOD)
        shutil.rmtree(box.folder / "taken")  # and whoever did that made a file of it
        (box.folder / "taken").write_text("", encoding="utf-8")
        assert await box.look() == 1
        assert await box.look() == 0
        path.write_text(HEAD + GOOD.replace("WO-1", "WO-7"), encoding="utf-8")
        assert await box.look() == 1
        assert [record.id for record in box.at.records] == ["WO-1", "WO-7"]


async def test_whatever_goes_wrong_with_one_file_the_others_are_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path) as box:
        take_file = box.at.intake.take_file

        async def failing(path: Path, *rest: Any) -> Any:
            if path.name == "work-order-1.csv":
                raise RuntimeError("a bug")
            if path.name == "work-order-2.csv":
                path.unlink()  # noqa: ASYNC240  # in a test
            return await take_file(path, *rest)

        monkeypatch.setattr(box.at.intake, "take_file", failing)
        for number in (1, 2, 3):
            box.put(HEAD + GOOD, f"work-order-{number}.csv")
        await box.look()
        assert [record.id for record in box.at.records] == ["WO-1"]
        assert box.report("refused")["error"] == "RuntimeError: a bug"
        assert box.lying() == []


async def test_a_journal_that_takes_nothing_leaves_files_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(tmp_path) as box:
        take_file = box.at.intake.take_file
        full = True

        async def failing(path: Path, *rest: Any) -> Any:
            if full and path.name == "work-order-1.csv":
                raise JournalFull("the disk is full")
            return await take_file(path, *rest)

        monkeypatch.setattr(box.at.intake, "take_file", failing)
        box.put(HEAD + GOOD, "work-order-1.csv")
        box.put(HEAD + BAD.replace("lift-9", "pump"), "work-order-2.csv")
        await box.inbox.look()
        with pytest.raises(JournalFull):
            await box.inbox.look()
        assert [record.id for record in box.at.records] == ["WO-2"], "the other had its turn"
        full = False
        assert await box.inbox.look() == 1
        assert box.lying() == []


async def test_it_runs_until_cancelled_and_ends_with_the_journal(tmp_path: Path) -> None:
    folder = tmp_path / "inbox"
    async with desk(tmp_path) as at:
        (tmp_path / "attachments").mkdir()
        (tmp_path / "attachments" / ".half").write_bytes(b"")
        running = asyncio.create_task(Inbox(folder, at.intake, SystemClock(), ZONE).run())
        await until(lambda: (folder / "refused").is_dir())
        draft = folder / ".work-order.csv"
        draft.write_text(HEAD + GOOD, encoding="utf-8")
        draft.rename(folder / "work-order.csv")
        await until(lambda: list((folder / "taken").glob("*Z-work-order.csv")))
        assert not (tmp_path / "attachments" / ".half").exists()
        await at.journal.close()
        (folder / "work-order.csv").write_text(HEAD + GOOD, encoding="utf-8")
        with pytest.raises(SinkClosed):
            await asyncio.wait_for(running, 20)


async def test_a_folder_handed_over_is_taken_as_a_whole(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        own = tmp_path / "own"
        (own / "reports").mkdir(parents=True)
        (own / "reports" / "a.pdf").write_bytes(b"a report")
        orders, more = own / "orders.csv", own / "more.csv"
        orders.write_text(HEAD + GOOD.replace(",\n", ",reports/a.pdf\n") + BAD, encoding="utf-8")
        more.write_text(HEAD + "WO-3,pump,2026-03-01 08:00,gone.pdf\n", encoding="utf-8")
        delivery = Delivery(kind="work-order", source="cmms", author="王", imported=True)
        name = hand_over(box.folder, [orders, more], delivery, KNOWN)
        assert await box.inbox.look() == 1, "it was complete when it came"
        (record,) = box.at.records
        assert (record.name, record.author, record.imported) == ("work-order:cmms/WO-1", "王", True)
        assert [each.name for each in record.attachments] == ["a.pdf"]
        reports = await report_of(box.folder, name, SystemClock(), 0)
        assert reports is not None
        assert [(report["file"], report["added"], report["refused"]) for report in reports] == [
            ("orders.csv", 1, 1), ("more.csv", 0, 1),
        ]  # fmt: skip
        assert box.lying() == []
        assert box.lying("taken") == [name, f"{name}.report.json"]


async def test_a_folder_without_sense_is_refused(tmp_path: Path) -> None:
    async with watched(tmp_path) as box:
        for number, text in enumerate(
            (
                "{",
                "[]",
                "{}",
                '{"files": ["../x"]}',
                '{"files": 7}',
                '{"files": [], "weather": 1}',
                '{"files": [], "kind": 7}',
            )
        ):
            folder = box.folder / f"{number:032x}"
            folder.mkdir()
            (folder / MANIFEST).write_text(text, encoding="utf-8")
            with pytest.raises(ValueError, match=r"manifest|Expecting"):
                read_manifest(folder)
        assert await box.inbox.look() == 7
        assert len(box.lying("refused")) == 14
        reports = await report_of(box.folder, f"{0:032x}", SystemClock(), 0)
        assert reports is not None
        assert "error" in reports[0]


async def test_what_cannot_be_handed_over_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hand_over(tmp_path / "inbox", [tmp_path / "gone.csv"], Delivery(), KNOWN)
    assert list((tmp_path / "inbox").iterdir()) == []
    assert await report_of(tmp_path / "inbox", "0" * 32, SystemClock(), 0.2) is None

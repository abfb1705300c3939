"""What commands that hand in records share: taking them in, through the running agent where there is one."""

from __future__ import annotations

import asyncio
import json
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer

from agent.cli.opening import DONE, FAILED, NO_JOURNAL, WRONG_USAGE, say
from agent.clock import SystemClock
from agent.errors import JournalError, JournalLocked
from agent.journal.journal import Journal
from agent.records.draft import Delivery, Draft
from agent.records.handover import hand_over, report_of
from agent.records.intake import RecordIntake, known_of
from agent.records.payload import payload_of
from agent.records.sheet import Reader
from agent.records.views import report_row
from config.site import LoadedSite
from evaluators.model.bodies import Body
from evaluators.model.times import moment

REPORT_WITHIN_S = 15.0
SITE_SUFFIX = ".toml"
NAMED_AT_MOST = 3
"""Records that a report names; of more it gives the count."""

Reports = Sequence[Mapping[str, Any]]
"""What became of each file, as `agent.records.views.report_row` gives it."""


def deliver(loaded: LoadedSite, files: Sequence[Path], delivery: Delivery, as_json: bool) -> int:
    """Take files in and print what became of them. Returns the exit code."""
    try:
        reports = asyncio.run(_taken(loaded, files, delivery))
    except JournalError as error:
        say(str(error))
        return NO_JOURNAL
    except OSError as error:
        say(f"{error}; nothing more was taken")
        return FAILED
    if reports is None:
        late = f"the agent has not taken them within {REPORT_WITHIN_S:.0f} s"
        say(f"the files wait in {loaded.records.inbox}: {late}; see later: steward records refused")
        return NO_JOURNAL
    if as_json:
        typer.echo(json.dumps(list(reports), ensure_ascii=False, indent=1))
    else:
        for report in reports:
            _print_report(report)
    return DONE if all(report["clean"] for report in reports) else FAILED


async def _taken(loaded: LoadedSite, files: Sequence[Path], delivery: Delivery) -> Reports | None:
    """The reports; from the agent that holds the journal, None where it gives none in time."""
    clock = SystemClock()
    try:
        journal = await asyncio.to_thread(Journal.open, loaded.journal_path, clock)
    except JournalLocked:
        inbox = loaded.records.inbox
        name = await asyncio.to_thread(hand_over, inbox, files, delivery, known_of(loaded.site))
        return await report_of(inbox, name, clock, REPORT_WITHIN_S)
    zone = ZoneInfo(loaded.site.zone)
    try:
        intake = RecordIntake(loaded.site, journal, clock)
        return [report_row(await intake.take_file(file, delivery), zone) for file in files]
    finally:
        await journal.close()


def deliver_drafts(loaded: LoadedSite, drafts: Sequence[Draft], as_json: bool, *, imported: bool = False) -> int:
    """Take records made by a command in, the way files go. Returns the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{drafts[0].body.KIND}.json"
        file.write_text(payload_of(drafts), encoding="utf-8")
        return deliver(loaded, [file], Delivery(imported=imported), as_json)


def stated(loaded: LoadedSite, kind: type[Body], said: Mapping[str, Any], at: int) -> Draft | None:
    """The record that a command's options state, made at ``at``, with an id of its own; None (and printed why)."""
    record_id = f"{kind.KIND}-{moment(at):%Y%m%dT%H%M%SZ}-{uuid.uuid4().hex[:8]}"
    reader = Reader(f"steward {kind.KIND}", known_of(loaded.site), Delivery())
    reader.read_record(kind, {"id": record_id, **said}, "command line")
    reading = reader.reading()
    for refusal in reading.refusals:
        for problem in refusal.problems:
            say(str(problem))
    return replace(reading.rows[0].draft, made_at=at) if reading.rows else None


def deliver_stated(
    loaded: LoadedSite, kind: type[Body], said: Mapping[str, Any], at: int, as_json: bool, told: str = ""
) -> int:
    """Take in the record that a command's options state, made at ``at``, then print ``told``. Returns the
    exit code."""
    draft = stated(loaded, kind, said, at)
    if draft is None:
        return WRONG_USAGE
    code = deliver_drafts(loaded, [draft], as_json)
    if told and code == DONE and not as_json:
        typer.echo(told)
    return code


def now() -> int:
    """The instant, ns UTC, to the microsecond: what files can hold."""
    return SystemClock().now() // 1000 * 1000


def site_among(words: Sequence[str]) -> tuple[Path | None, list[str]]:
    """The site file among a command's words, and the others; exits with 2 where there are several."""
    sites = [word for word in words if word.endswith(SITE_SUFFIX)]
    if len(sites) > 1:
        say(f"{' and '.join(sites)} cannot both be the site file; name one")
        raise typer.Exit(WRONG_USAGE)
    return (Path(sites[0]) if sites else None), [word for word in words if word not in sites]


def wrong_usage(text: str) -> int:
    """Say what is wrong with how a command was called; the exit code for that."""
    say(text)
    return WRONG_USAGE


def _print_report(report: Mapping[str, Any]) -> None:
    if "error" in report:
        say(f"{report['file']}: {report['error']}")
        return
    parts = [f"{report[word]} {word}" for word in ("added", "amended", "unchanged", "refused")]
    if report["older"]:
        parts.append(f"{report['older']} older than what counts")
    named = report["taken"] if len(report["taken"]) <= NAMED_AT_MOST else []
    typer.echo(": ".join([report["file"], ", ".join(parts), *named]))
    for problem in [*report["problems"], *(each for row in report["refusals"] for each in row["problems"])]:
        say(problem_line(problem))


def problem_line(problem: Mapping[str, str]) -> str:
    where = f"{problem['file']}: {problem['key']}" if problem["key"] else problem["file"]
    return f"{where}: {problem['wrong']}; {problem['right']}"

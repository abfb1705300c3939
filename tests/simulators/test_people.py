"""The building's people: files that an agent takes as they are, and what they come to on any day of the year."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.records.draft import Delivery, Row
from agent.records.intake import known_of
from agent.records.payload import read_payload
from config.site import LoadedSite, load_site
from evaluators.facts import Facts
from evaluators.model.bodies import WorkOrder
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.times import SECOND_NS, WindowKind, instant
from evaluators.model.verdicts import Mark, Outcome, Verdict, Witness
from evaluators.recordbook import RecordBook
from evaluators.registry import judge
from evaluators.windows import containing, rolling, standing
from simulators.building.items import ITEMS, Outage
from simulators.people.days import ZONE, moment, month_of, quarter_of
from simulators.people.files import FORM_S, RecordFile, files, put, put_in_time
from simulators.people.fire import DETECTORS
from simulators.people.team import Team
from simulators.program import main
from simulators.scenario import load
from simulators.serve import Options, serve
from tests.evaluators.cases import Scripted
from tests.simulators.demo_site import PATH
from tests.simulators.free_ports import free_base_port
from tests.waiting import until

OUTAGES = load("demo").outages
PLANNED = {"start", "end", "due_at", "expires", "valid_until"}
"""Fields that may speak of what is to come."""
STARTS = [
    datetime(2026, 11, 25, 3, 41, 20, tzinfo=ZONE),
    datetime(2026, 1, 1, 0, 0, 0, tzinfo=ZONE),
    datetime(2026, 3, 31, 23, 58, tzinfo=ZONE),
    datetime(2028, 2, 29, 12, tzinfo=ZONE),
    datetime(2027, 10, 1, 0, 0, 7, tzinfo=ZONE),
    datetime(2030, 12, 31, 17, 30, tzinfo=ZONE),
]
FIRST = datetime(2025, 1, 1, tzinfo=ZONE)
any_start = st.integers(0, 10 * 366 * 86_400).map(lambda second: FIRST + timedelta(seconds=second))


@cache
def the_site() -> LoadedSite:
    """The demo's."""
    return load_site(PATH)


def read(found: Iterable[RecordFile], start: datetime) -> list[tuple[int, Row]]:
    """Every record of the files as the agent reads it, with when it is there (ns UTC); none is refused."""
    rows = []
    for file in found:
        reading = read_payload(file.name, json.dumps(file.records), known_of(the_site().site), Delivery())
        assert (reading.refusals, reading.problems) == ((), ())
        at = instant(start + timedelta(seconds=file.at_s))
        rows += [(at, row) for row in reading.rows]
    return rows


def records(found: Iterable[RecordFile], start: datetime) -> list[Record[Any]]:
    """The versions of all records, in the order of their arrival."""
    versions: Counter[str] = Counter()
    made = []
    for at, row in read(found, start):
        draft = row.draft
        versions[draft.name] += 1
        record = Record(id=draft.id, body=draft.body, received=at, author=draft.author, made_at=draft.made_at)
        made.append(replace(record, version=versions[draft.name]))
    return made


@cache
def verdicts(start: datetime, seconds: int = 60) -> Mapping[str, Verdict]:
    """The site's verdict of each clause so long after the start: everything could be seen and one lift was out."""
    loaded = the_site()
    zone, begun = ZoneInfo(loaded.site.zone), instant(start)
    as_of = begun + seconds * SECOND_NS
    book = RecordBook(zone, [each for each in records(files(OUTAGES, 1, start), start) if each.received <= as_of])
    out = OUTAGES[0]
    items: dict[str, list[tuple[int, State]]] = {key: [(begun, State.UP)] for key in ITEMS}
    for second, state in ((out.start_s, State.DOWN), (out.end_s, State.UP)):
        items[out.item].append((begun + int(second * SECOND_NS), state))
    watches = {watch.key: [(begun, State.DOWN)] for watch in loaded.site.watches()}
    watches |= {p.watch.key: [(begun, State.DOWN)] for e in loaded.site.equipment for p in e.parts if p.watch}
    telemetry = Scripted(items, watches, {})
    facts = Facts(loaded.site, zone, loaded.calendar, book, telemetry, as_of)
    found = {}
    for clause in loaded.clauses:
        if clause.window.is_calendar:
            window = containing(clause.window, as_of, zone)
        elif clause.window is WindowKind.ROLLING:
            window = rolling(clause.window_days, as_of)
        else:
            window = standing(as_of)
        found[clause.id] = judge(clause, facts, window)[0]
    return found


@settings(deadline=None, max_examples=15)
@given(any_start, st.integers(0, 2**32))
def test_every_record_is_taken_whenever_the_building_starts(start: datetime, seed: int) -> None:
    found = files(OUTAGES, seed, start)
    assert [file.at_s for file in found] == sorted(file.at_s for file in found)
    names = Counter(row.draft.name for _, row in read((file for file in found if not file.at_s), start))
    assert set(names.values()) == {1}, "no two records share an id"


@settings(deadline=None, max_examples=15)
@given(any_start, st.integers(0, 2**32))
def test_nothing_is_stated_before_it_happened(start: datetime, seed: int) -> None:
    for file in files(OUTAGES, seed, start):
        told = start + timedelta(seconds=file.at_s)
        for record in file.records:
            for name, value in record.items():
                if name == "made_at" or (name.endswith("_at") and name not in PLANNED):
                    assert datetime.fromisoformat(str(value)) <= told, (record, name)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32))
def test_the_same_seed_tells_the_same(seed: int) -> None:
    assert files(OUTAGES, seed, STARTS[0]) == files(OUTAGES, seed, STARTS[0])
    assert files(OUTAGES, seed, STARTS[0]) != files(OUTAGES, seed + 1, STARTS[0])
    names = Team.of(seed).names
    assert len(set(names.values())) == len(names) >= 10


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.isoformat())
def test_clauses_of_every_outcome_on_any_day(start: datetime) -> None:
    found = verdicts(start)
    assert {verdict.outcome for verdict in found.values()} == set(Outcome)
    outcomes = {clause: verdict.outcome for clause, verdict in found.items()}
    for clause in ("1.2-manuals", "1.2-execution", "1.3-staff", "1.3-roles", "1.4-plan"):
        assert outcomes[clause] is Outcome.MET, clause
    assert outcomes["1.3-certs"] is Outcome.NOT_MET
    assert outcomes["1.2-retention"] is Outcome.UNDETERMINED
    assert outcomes["2.1.4-custom"] is Outcome.NOT_APPLICABLE


@pytest.mark.parametrize("start", STARTS, ids=lambda start: start.isoformat())
def test_the_form_of_the_test_that_never_was_is_named(start: datetime) -> None:
    assert not _doubted(verdicts(start, seconds=int(FORM_S[1]))["2.2.1-test"]), "nobody has claimed anything yet"
    doubted = _doubted(verdicts(start)["2.2.1-test"])
    assert set(doubted) == {f"fire-panel/{address} {start:%Y-%m}" for address in DETECTORS}
    assert set(doubted.values()) == {f"test:FT-{start:%Y%m}@1"}


def _doubted(verdict: Verdict) -> dict[str, str]:
    return {
        line.about: line.records[0]
        for line in verdict.lines
        if line.witness is Witness.NO_TRACE and line.mark is Mark.UNKNOWN
    }


def test_the_response_clock_runs_until_somebody_takes_the_order() -> None:
    start = STARTS[0]
    running, answered = (verdicts(start, seconds)["1.4-response"].lines for seconds in (20, 26))
    (clock,), (done,) = ([line for line in lines if "WO-20261125-1" in str(line)] for lines in (running, answered))
    assert clock.mark is Mark.RUNNING
    assert clock.due is not None
    assert done.mark is Mark.GOOD
    assert done.done == instant(start + timedelta(seconds=OUTAGES[0].start_s + 10))
    assert done.owner in Team.of(1).names.values()


def test_in_the_third_quarter_of_a_month_most_is_in_order_and_one_revisit_is_late() -> None:
    found = verdicts(STARTS[0])
    not_met = {clause for clause, verdict in found.items() if verdict.outcome is Outcome.NOT_MET}
    assert not_met == {"1.3-certs", "1.4-ledger", "2.1.3-revisit"}
    running = {line.about: clause for clause, v in found.items() for line in v.lines if line.mark is Mark.RUNNING}
    assert running["lift-4 2026-11"] == "1.4-monthly"
    assert running["generator 2026-11-25"] == "1.4-daily"
    late = [line.note for v in found.values() for line in v.lines if "late: entered" in line.note]
    assert late == [], "what was written down in time is not called late"


@pytest.mark.parametrize(
    "outage",
    [
        Outage("lift-2/car", "trapped", 3, 900),
        Outage("fire-panel/loop-1", "open-circuit", 5, 6),
        Outage("meter-main/metering", "self-test", 1, 2),
    ],
)
def test_an_order_takes_its_steps_one_after_the_other(outage: Outage) -> None:
    start = STARTS[3]
    orders = [
        (at, row.draft.body)
        for at, row in read(files([outage], 3, start), start)
        if isinstance(row.draft.body, WorkOrder)
    ]
    steps = ("reported_at", "accepted_at", "arrived_at", "repaired_at", "verified_at", "closed_at")
    assert len(orders) == len(steps)
    for number, (at, order) in enumerate(orders, 1):
        times = [getattr(order, step) for step in steps]
        assert None not in times[:number]
        assert times[:number] == sorted(times[:number])
        assert times[number:] == [None] * (len(steps) - number)
        assert times[number - 1] <= at
        assert bool(order.technician) == (number > 1)
        assert order.reported_by == "telemetry"
        assert order.emergency == (outage.item != "meter-main/metering")
    verified = orders[-1][1].verified_at
    assert verified is not None
    assert verified >= instant(start + timedelta(seconds=outage.end_s)), "nobody finds it to work before it does"


def test_the_calendar_of_the_building() -> None:
    assert moment(1_767_225_600_123_456_789) == datetime(2026, 1, 1, 8, 0, 0, 123456, tzinfo=ZONE)
    day = date(2026, 2, 14)
    months = [str(month_of(day, by)) for by in (-14, -2, 0, 11)]
    assert months == ["2024-12-01", "2025-12-01", "2026-02-01", "2027-01-01"]
    assert [str(quarter_of(day, by)) for by in (-1, 0, 4)] == ["2025-10-01", "2026-01-01", "2027-01-01"]


def names_in(folder: Path) -> list[str]:
    """The files of a folder, by name."""
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path) -> None:
    (tmp_path / ".a.json.part").write_text("left behind", encoding="utf-8")
    put(tmp_path, RecordFile(0, "a.json", [{"kind": "drill", "id": "演练"}]))
    assert names_in(tmp_path) == ["a.json"]
    assert json.loads((tmp_path / "a.json").read_text(encoding="utf-8")) == [{"kind": "drill", "id": "演练"}]


async def test_files_come_in_their_turn(tmp_path: Path) -> None:
    waiting = [RecordFile(second, f"{second}.json", []) for second in (0.05, 0.1, 3600)]
    await put_in_time(tmp_path, waiting[:1])
    assert names_in(tmp_path) == ["0.05.json"]
    (tmp_path / "0.05.json").unlink()
    task = asyncio.create_task(put_in_time(tmp_path, waiting))
    assert names_in(tmp_path) == []
    await until(lambda: (tmp_path / "0.1.json").exists())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert names_in(tmp_path) == ["0.05.json", "0.1.json"]


async def test_the_running_building_lets_its_people_write(tmp_path: Path) -> None:
    (tmp_path / "quick.toml").write_text(
        'about = "Soon."\n[[building]]\nat_s = 0.1\nfor_s = 60\nitem = "lift-1/car"\nfault = "trapped"\n',
        encoding="utf-8",
    )
    inbox, stop = tmp_path / "new" / "inbox", asyncio.Event()
    greetings: list[Any] = []
    options = Options(free_base_port(), str(tmp_path / "quick.toml"), records=inbox)
    task = asyncio.create_task(serve(options, greetings.append, stop))
    await until(lambda: greetings or task.done())
    assert set(names_in(inbox)) >= {"team.json", "care.json", "planned-work.json"}
    await until(lambda: (inbox / "order-1-1.json").exists())
    stop.set()
    await task
    (order,) = json.loads((inbox / "order-1-1.json").read_text(encoding="utf-8"))
    assert (order["kind"], order["equipment"], order["emergency"]) == ("work-order", "lift-1", True)


def test_a_folder_that_cannot_be_made_ends_the_program(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    words = ["--records", str(tmp_path / "file"), "--for", "1", "--base-port", str(free_base_port())]
    assert main(words) == 1
    assert str(tmp_path / "file") in capsys.readouterr().err

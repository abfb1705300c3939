"""Rounds of judging over a real journal: restarts, late facts, and the same answers found anew, bit for bit.

``STEWARD_ROUNDS`` sets how many stories of three months are told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import partial
from pathlib import Path
from random import Random

import pytest

from agent.assessor import Assessor
from agent.clock import SystemClock
from agent.gaps.store import add_gap, end_gap
from agent.history.history import History
from agent.journal.journal import Journal
from agent.judged.compare import Comparison, compare
from agent.judged.content import encode
from agent.judged.keeping import keep
from agent.judged.runs import read_position
from agent.judged.store import final_verdicts, key_of, known_at, lineage
from agent.records.draft import Draft
from agent.records.store import take
from config.catalogue import STANDARDS, load_catalogue
from evaluators.model.bodies import Body, Channel, Complaint, Instant, WorkOrder
from evaluators.model.clauses import Clause
from evaluators.model.energy import Carrier, Climate, EnergyItem, EnergyProfile, Meter, Owner, Ventilation
from evaluators.model.gaps import Gap, GapCause
from evaluators.model.samples import Block, BlockBuilder, Reason, ValueKind
from evaluators.model.site import Point, Site
from evaluators.model.times import DAY_NS, HOUR_NS, instant
from evaluators.model.verdicts import Outcome
from tests.agent.random_records import random_body, random_kind
from tests.evaluators.building import site, works

JANUARY = instant(datetime(2026, 1, 1, tzinfo=UTC))
FEBRUARY = instant(datetime(2026, 2, 1, tzinfo=UTC))
MARCH = instant(datetime(2026, 3, 1, tzinfo=UTC))
APRIL = instant(datetime(2026, 4, 1, tzinfo=UTC))
HOLD = 8 * HOUR_NS
METERS = ("m/main", "m/floor")
KINDS = [(key, ValueKind.INT) for key in ("d/0", "d/1", *METERS)]


def building() -> Site:
    """Two critical lifts of one condition each, in a building of 60,000 m² with two meters."""
    plain = site([[works("d/0")], [works("d/1")]], hold=HOLD, judged_from=JANUARY)
    installed, maintainer = date(2025, 11, 1), "维保公司"
    lifts = tuple(
        replace(lift, kind="lift", critical=True, installed=installed, maintainer=maintainer)
        for lift in plain.equipment
    )
    points = tuple(Point(key, ValueKind.INT, "", "kW.h", HOLD) for key in METERS)
    main = Meter("main", "", Carrier.ELECTRICITY, "m/main", Fraction(1), HOLD, most_an_hour=Fraction(500))
    floor = Meter(
        "floor", "", Carrier.ELECTRICITY, "m/floor", Fraction(1), HOLD, parent="main", item=EnergyItem.POWER
    )
    profile = EnergyProfile(
        Fraction(60_000), Climate.MILD, Ventilation.MECHANICAL, Owner.STATE, Fraction(2500), Fraction(12)
    )
    return replace(
        plain,
        equipment=lifts,
        area_m2=60_000.0,
        handed_over=installed,
        points=(*plain.points, *points),
        meters=(main, floor),
        energy=profile,
    )


def clauses(*ids: str) -> list[Clause]:
    """Rows of the catalogue."""
    rows = {clause.id: clause for clause in load_catalogue()}
    return [rows[clause_id] for clause_id in ids]


AVAILABILITY = "1.4-availability"
RESPOND = "2.1.3-respond"
RESPONSE = "1.4-response"


@dataclass
class Judging:
    """A journal and whoever judges it."""

    journal: Journal
    history: History
    clauses: Sequence[Clause]
    assessor: Assessor

    @classmethod
    def begin(cls, journal: Journal, rows: Sequence[Clause]) -> Judging:
        """Judge what the journal will hold."""
        history = History.open(journal.path)
        return cls(journal, history, rows, cls.fresh(history, rows))

    @staticmethod
    def fresh(history: History, rows: Sequence[Clause]) -> Assessor:
        """An assessor that goes on from what is on disk."""
        return Assessor(building(), history.numbers_of(KINDS), rows, history, since=JANUARY)

    async def look(self, as_of: int, *, keep_runs: bool = True) -> None:
        """One round, kept."""
        assert self.assessor.catch_up()
        found = self.assessor.round(as_of, keep_runs=keep_runs)
        shown = {(v.clause, v.subject, v.window.kind): v for v in found.verdicts}
        for anew in self.assessor.judge(as_of):
            assert shown[anew.clause, anew.subject, anew.window.kind] == anew, "shown is what judging anew gives"
        await self.journal.write(partial(keep, found=found))

    def restart(self) -> None:
        """As after a kill: only what is on disk is known."""
        self.assessor = self.fresh(self.history, self.clauses)

    def differing(self, as_of: int) -> list[str]:
        """Final verdicts that are not found again, bit for bit, by somebody who starts from the journal alone."""
        numbers = self.history.numbers_of(KINDS)
        anew = Assessor(building(), numbers, self.clauses, self.history, resume=False)
        assert anew.catch_up()
        stored = final_verdicts(self.history, JANUARY, as_of)
        found = compare(stored, self.clauses, anew.judge_window, as_of)
        return [told(each) for each in found if not each.is_same]


def told(found: Comparison) -> str:
    """What was stored and what is found anew, as far as they differ."""
    was, anew = encode(found.stored), {} if found.anew is None else encode(found.anew)
    differ = {key: (was[key], anew.get(key)) for key in was if key != "as_of" and was[key] != anew.get(key)}
    return f"{found.stored.clause} {found.stored.subject} {found.stored.window}: {differ}"


@pytest.fixture
async def journal(tmp_path: Path) -> AsyncIterator[Journal]:
    """An open journal that knows the building's points."""
    journal = Journal.open(tmp_path / "journal.db", SystemClock())
    journal.register(KINDS)
    yield journal
    await journal.close()


def a_sample(point: int, at: int, value: int | None) -> Block:
    """A block of one sample; None is a time-out."""
    builder = BlockBuilder("bms")
    if value is None:
        builder.bad(point, ValueKind.INT, at, Reason.TIMEOUT)
    else:
        builder.add(point, ValueKind.INT, at, value)
    return builder.build(at)


async def a_record(
    journal: Journal, record_id: str, body: Body, received: int, made_at: int | None = None
) -> None:
    """State something."""
    draft = Draft(id=record_id, body=body, made_at=made_at)
    await journal.write(lambda connection: take(connection, [draft], received))


def complaint(received_at: int, responded_at: int | None) -> Complaint:
    """A complaint by phone."""
    answered = None if responded_at is None else Instant(responded_at)
    return Complaint(received_at=Instant(received_at), channel=Channel.PHONE, responded_at=answered)


async def steady(journal: Journal, start: int, end: int) -> None:
    """Both lifts up, seen every six hours."""
    times = range(start, end, 6 * HOUR_NS)
    await asyncio.gather(*(journal.put(a_sample(point, at, 1)) for at in times for point in (1, 2)))


async def test_a_closed_month_is_judged_once_for_good(journal: Journal) -> None:
    judging = Judging.begin(journal, clauses(AVAILABILITY))
    await steady(journal, JANUARY, FEBRUARY + DAY_NS)
    for at in (FEBRUARY - DAY_NS, FEBRUARY, FEBRUARY + DAY_NS, FEBRUARY + DAY_NS + 1):
        await judging.look(at)
    final = final_verdicts(judging.history, JANUARY, FEBRUARY)
    assert {str(verdict.subject) for verdict in final} >= {"site:tower", "equipment:lift-0", "item:lift-1/car"}
    assert final[0].outcome is Outcome.MET
    told = [verdict.outcome for _, _, verdict in lineage(judging.history, key_of(final[0]))]
    assert told == [Outcome.PENDING, Outcome.MET, Outcome.MET], "open, closed, and closed for good"
    assert judging.differing(FEBRUARY + DAY_NS) == []


async def test_a_late_sample_gives_an_answer_that_names_the_one_it_replaces(journal: Journal) -> None:
    judging = Judging.begin(journal, clauses(AVAILABILITY))
    await steady(journal, JANUARY, FEBRUARY + DAY_NS)
    await judging.look(FEBRUARY + DAY_NS)
    middle = JANUARY + 10 * DAY_NS + HOUR_NS
    await journal.put(a_sample(1, middle, 0))
    await judging.look(FEBRUARY + DAY_NS + 1)
    (newest,) = [v for v in final_verdicts(judging.history, JANUARY, FEBRUARY) if str(v.subject) == "site:tower"]
    assert newest.low is not None
    assert newest.low < 1
    entries = lineage(judging.history, key_of(newest))
    assert entries[-1][1] == entries[-2][0]
    assert judging.differing(FEBRUARY + DAY_NS + 1) == []
    then = [v for v in known_at(judging.history, FEBRUARY + DAY_NS) if v.subject == newest.subject]
    assert [v.low for v in then if v.window == newest.window] == [1], "what was known before the late sample"


async def test_a_late_record_opens_its_month_again(journal: Journal) -> None:
    judging = Judging.begin(journal, clauses(RESPOND))
    at = JANUARY + DAY_NS
    await a_record(journal, "C-1", complaint(at, at + 60 * 10**9), at)
    await judging.look(MARCH)
    await a_record(journal, "C-2", complaint(at, at + HOUR_NS), MARCH)
    await judging.look(MARCH + 1)
    entries = lineage(judging.history, key_of(final_verdicts(judging.history, JANUARY, FEBRUARY)[0]))
    assert [verdict.outcome for _, _, verdict in entries] == [Outcome.MET, Outcome.NOT_MET]
    assert [line.about for line in entries[1][2].lines] == ["complaint:C-1", "complaint:C-2"]
    await a_record(journal, "C-2", complaint(at, at + 9 * 60 * 10**9), MARCH + 2)
    await judging.look(MARCH + 3)
    assert lineage(judging.history, key_of(entries[0][2]))[-1][2].outcome is Outcome.MET
    assert judging.differing(MARCH + 3) == []


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_order_for_an_outage_of_months_opens_the_month_it_began_in(
    journal: Journal, restarted: bool
) -> None:
    judging = Judging.begin(journal, clauses(RESPONSE))
    out, back = JANUARY + 10 * DAY_NS, APRIL + 10 * DAY_NS
    april = back + 3 * DAY_NS
    await steady(journal, JANUARY, out)
    for point, value in ((1, 0), (2, 1)):
        await asyncio.gather(*(journal.put(a_sample(point, at, value)) for at in range(out, back, 6 * HOUR_NS)))
    await steady(journal, back, april)
    for at in (FEBRUARY + DAY_NS, MARCH + DAY_NS, april):
        await judging.look(at)
    before = len(final_verdicts(judging.history, JANUARY, FEBRUARY))
    if restarted:
        judging.restart()
    order = WorkOrder(
        equipment="lift-0",
        reported_at=Instant(back - DAY_NS),
        technician="李",
        accepted_at=Instant(back - DAY_NS + HOUR_NS),
    )
    await a_record(journal, "WO-1", order, april + 1)
    await judging.look(april + 2)
    january = next(v for v in final_verdicts(judging.history, JANUARY, FEBRUARY) if v.subject.id == "tower")
    assert [line.records for line in january.lines] == [("work-order:WO-1@1",)]
    assert before == len(final_verdicts(judging.history, JANUARY, FEBRUARY)) > 0, "it was final before"
    assert judging.differing(april + 2) == []


@pytest.mark.parametrize("rows", ["1.4-response", "1.4-substitute"])
async def test_a_month_with_a_fault_that_goes_on_is_not_final_before_that_is_over(
    journal: Journal, rows: str
) -> None:
    judging = Judging.begin(journal, clauses(rows))
    out, back = JANUARY + 20 * DAY_NS, MARCH + 10 * DAY_NS
    await steady(journal, JANUARY, out)
    for point, value in ((1, 0), (2, 1)):
        await asyncio.gather(*(journal.put(a_sample(point, at, value)) for at in range(out, back, 6 * HOUR_NS)))
    await judging.look(FEBRUARY + 5 * DAY_NS)
    assert final_verdicts(judging.history, JANUARY, FEBRUARY) == []
    judging.restart()
    await judging.look(MARCH + 5 * DAY_NS)
    await steady(journal, back, back + 3 * DAY_NS)
    await judging.look(back + 3 * DAY_NS)
    assert judging.differing(back + 3 * DAY_NS) == []
    assert {verdict.outcome for verdict in final_verdicts(judging.history, JANUARY, FEBRUARY)} >= {Outcome.NOT_MET}


async def test_what_a_mistake_of_ours_says_of_a_month_is_never_final(journal: Journal) -> None:
    (right,) = clauses(RESPOND)
    judging = Judging.begin(journal, [replace(right, parameters=None), *clauses(AVAILABILITY)])
    at = JANUARY + DAY_NS
    await a_record(journal, "C-1", complaint(at, at + 60 * 10**9), at)
    await judging.look(MARCH)
    assert set(judging.assessor.failures) == {RESPOND}
    assert {verdict.clause for verdict in final_verdicts(judging.history, JANUARY, MARCH)} == {AVAILABILITY}
    judging.clauses = [right, *clauses(AVAILABILITY)]
    judging.restart()
    await judging.look(MARCH + 1)
    (january,) = [v for v in final_verdicts(judging.history, JANUARY, MARCH) if v.clause == RESPOND]
    assert january.outcome is Outcome.MET
    entries = lineage(judging.history, key_of(january))
    assert "cannot be judged" in entries[0][2].note
    assert entries[-1][1] == entries[0][0]


@pytest.mark.parametrize("restarts", [False, True])
async def test_what_was_judged_while_the_clock_was_ahead_is_judged_again(journal: Journal, restarts: bool) -> None:
    judging = Judging.begin(journal, clauses(AVAILABILITY, RESPOND))
    await steady(journal, JANUARY, JANUARY + 10 * DAY_NS)
    await judging.look(JANUARY + 10 * DAY_NS)
    await judging.look(FEBRUARY + 3 * DAY_NS)
    ahead = final_verdicts(judging.history, JANUARY, FEBRUARY)
    assert [v.outcome for v in ahead if str(v.subject) == "item:lift-0/car"] == [Outcome.UNDETERMINED]
    if restarts:
        judging.restart()
    await judging.look(JANUARY + 10 * DAY_NS + HOUR_NS)
    assert final_verdicts(judging.history, JANUARY, FEBRUARY) == [], "January is open"
    await steady(journal, JANUARY + 10 * DAY_NS, FEBRUARY + DAY_NS)
    await judging.look(FEBRUARY + DAY_NS)
    final = final_verdicts(judging.history, JANUARY, FEBRUARY)
    assert [v.outcome for v in final if str(v.subject) == "item:lift-0/car"] == [Outcome.MET]
    assert judging.differing(FEBRUARY + DAY_NS) == []


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_gap_that_is_noted_late_explains_a_closed_month_in_other_words(
    journal: Journal, restarts: bool
) -> None:
    judging = Judging.begin(journal, clauses(AVAILABILITY))
    silence = JANUARY + 10 * DAY_NS, JANUARY + 12 * DAY_NS
    await steady(journal, JANUARY, silence[0] + 1)
    await steady(journal, silence[1], FEBRUARY + DAY_NS)
    number = await journal.write(
        partial(add_gap, gap=Gap(GapCause.UNREACHABLE, silence[0] + HOUR_NS, subject="d"))
    )

    async def reasons(at: int) -> dict[str, int]:
        await judging.look(at)
        final = final_verdicts(judging.history, JANUARY, FEBRUARY)
        (lift,) = [verdict for verdict in final if str(verdict.subject) == "item:lift-0/car"]
        assert judging.differing(at) == []
        return {lack.cause.why: lack.length // HOUR_NS for lack in lift.missing if lack.cause}

    assert await reasons(FEBRUARY + DAY_NS) == {"no sample": 1, "device unreachable": 47}
    if restarts:
        judging.restart()
    await journal.write(partial(end_gap, seq=number, end=silence[0] + 20 * HOUR_NS))
    assert await reasons(FEBRUARY + DAY_NS + 1) == {"no sample": 29, "device unreachable": 19}
    if restarts:
        judging.restart()
    whole = Gap(GapCause.DISK_FULL, silence[0] + 5 * HOUR_NS, silence[1])
    await journal.write(partial(add_gap, gap=whole))
    assert await reasons(FEBRUARY + DAY_NS + 2) == {"no sample": 1, "device unreachable": 4, "disk full": 43}


async def in_the_ledger(journal: Journal, random: Random, now: int, gaps: list[int]) -> None:
    """Now and then note a gap, or end one of ``gaps``; both may be about the past."""
    if random.random() < 0.1:
        begun = now - random.randrange(20 * DAY_NS)
        over = begun + random.randrange(5 * DAY_NS) if random.random() < 0.5 else None
        gap = Gap(random.choice(list(GapCause)), begun, over, random.choice(["", "d"]))
        gaps.append(await journal.write(partial(add_gap, gap=gap)))
    if gaps and random.random() < 0.1:
        seq = gaps.pop(random.randrange(len(gaps)))
        await journal.write(partial(end_gap, seq=seq, end=now - random.randrange(10 * DAY_NS)))


class Registers:
    """Two registers that grow, turn over, are reset, and are misread."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._counts = [random.randrange(10**6), random.randrange(10**6)]

    def read(self, number: int, hours: int) -> int:
        """What one reads so many hours after it was read last."""
        random = self._random
        self._counts[number] += random.randrange(400 * hours + 1)
        if random.random() < 0.01:
            self._counts[number] = random.randrange(100)
        return self._counts[number] + (random.choice([10**7, -50, -5000]) if random.random() < 0.03 else 0)


@pytest.mark.parametrize("seed", range(int(os.environ.get("STEWARD_ROUNDS", "4"))))
async def test_whatever_happens_in_between_the_answers_are_those_found_anew(journal: Journal, seed: int) -> None:
    random = Random(seed)
    standards = [replace(clause, verified=True) for clause in load_catalogue(STANDARDS)]
    judging = Judging.begin(journal, (*load_catalogue(), *standards))
    now, held_back, gaps, registers = JANUARY, list[Block](), list[int](), Registers(random)
    while now < APRIL + 3 * DAY_NS:
        hours = random.choice([1, 5, 30])
        now += hours * HOUR_NS
        for point in (1, 2, 3, 4):
            said = random.choice([1, 1, 1, 1, 1, 0, None]) if point < 3 else registers.read(point - 3, hours)
            block = a_sample(point, now - random.randrange(HOUR_NS), said)
            if random.random() < 0.1:
                held_back.append(block)
            else:
                await journal.put(block)
        if held_back and random.random() < 0.2:
            await journal.put(held_back.pop(random.randrange(len(held_back))))
        for _ in range(random.randrange(3)):
            about = now - random.choice([0, 0, 0, random.randrange(40 * DAY_NS)])
            body = random_body(random_kind(random), random, about)
            made_at = random.choice([None, now, now - random.randrange(9 * DAY_NS)])
            await a_record(journal, str(random.randrange(9)), body, now, made_at)
        await in_the_ledger(journal, random, now, gaps)
        if random.random() < 0.03:
            await judging.look(now + random.randrange(5 * DAY_NS))  # the clock was ahead, and was put right
        if random.random() < 0.5:
            await judging.look(now, keep_runs=random.random() < 0.5)
        if random.random() < 0.1:
            judging.restart()
    for block in held_back:
        await journal.put(block)
    await judging.look(now)
    differing = judging.differing(now)
    assert not differing, "\n".join(differing)
    assert judging.assessor.failures == {}
    assert len(final_verdicts(judging.history, JANUARY, now)) > 500
    position = read_position(judging.history)
    assert position is not None
    assert (position.at, position.since) == (now, JANUARY)


async def test_what_was_judged_while_a_rule_was_another_is_folded_anew(journal: Journal) -> None:
    judging = Judging.begin(journal, clauses(AVAILABILITY))
    await steady(journal, JANUARY, JANUARY + 5 * DAY_NS)
    await judging.look(JANUARY + 5 * DAY_NS)
    other = building()
    (lift, *rest) = other.equipment
    changed = replace(lift, items=(replace(lift.items[0], conditions=(works("d/0", unknown_for=(1,)),)),))
    numbers = judging.history.numbers_of(KINDS)
    anew = Assessor(replace(other, equipment=(changed, *rest)), numbers, judging.clauses, judging.history)
    assert anew.catch_up()
    tracks = anew.episodes(JANUARY, JANUARY + 5 * DAY_NS)
    assert [episode.state.value for episode in tracks["lift-0/car"]] == ["unknown"]
    assert [episode.state.value for episode in tracks["lift-1/car"]] == ["up"]

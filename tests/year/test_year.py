"""A whole year of a thousand items: what the evaluators say of it once it is over, against what really was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from config.catalogue import STANDARDS, load_catalogue
from evaluators.model.times import DAY_NS, HOUR_NS, SECOND_NS, Window
from evaluators.model.verdicts import Account, Level, Line, Mark, Outcome, Verdict, Witness
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from simulators.year.writing import write
from simulators.year.year import make
from tests.year.feeding import Year, expanded, read_year, stretched
from tests.year.judging import ITEMS, SEED, Court, about, lapses, lines_of, names, of_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

Verdicts = Mapping[str, list[tuple[Window, tuple[Verdict, ...]]]]


@pytest.fixture(scope="module")
def verdicts(court: Court) -> Verdicts:
    """Every clause over every window of the year, judged once it is over."""
    found: dict[str, list[tuple[Window, tuple[Verdict, ...]]]] = {name: [] for name in court.clauses}
    owed = [(window, name) for name, clause in court.clauses.items() for window in court.windows(clause)]
    for window, name in sorted(
        owed, key=lambda each: (each[0].start, each[0].end)
    ):  # telemetry is read once a window
        found[name].append((window, court.judge(court.clauses[name], window, court.at_last)))
    return found


def all_lines(verdicts: Verdicts, clause: str) -> list[Line]:
    """The lines of a clause in every window."""
    return [line for _, found in verdicts[clause] for line in lines_of(found)]


# --- availability -----------------------------------------------------------------------------------------------


def compared(year: Year, court: Court, verdicts: Verdicts) -> Iterator[tuple[dict[str, Any], Verdict, Account]]:
    """Each row of the truth with its verdict."""
    rows = {(row["month"], row["level"], row["id"]): row for row in year.truth["availability"]}
    for window, found in verdicts["1.4-availability"]:
        for verdict in found:
            row = rows.get((court.period(window), verdict.subject.level.value, verdict.subject.id))
            if row is not None:
                assert verdict.account is not None
                yield row, verdict, verdict.account


def test_availability_is_the_truth_where_the_wire_was_whole(year: Year, court: Court, verdicts: Verdicts) -> None:
    whole = 0
    for row, verdict, account in compared(year, court, verdicts):
        if row["blind"]:
            continue
        whole += 1
        said = (account.up, account.down, account.planned, account.not_required, account.unknown)
        assert said == (row["up"], row["down"], row["planned"], row["not_required"], 0), (row, verdict.subject)
        true = Fraction(row["availability"]) if row["availability"] else None
        assert verdict.low == verdict.high == true, row
    assert whole > ITEMS * 6, "most months of most items can be seen throughout"


def test_availability_brackets_the_truth_where_it_was_not(year: Year, court: Court, verdicts: Verdicts) -> None:
    blind = 0
    for row, verdict, account in compared(year, court, verdicts):
        if not row["blind"] or not row["availability"]:
            continue
        blind += 1
        assert verdict.low is not None
        assert verdict.high is not None
        assert verdict.low <= Fraction(row["availability"]) <= verdict.high, (row, account)
        if not account.planned + account.not_required:  # what begins unseen may go on unknown after it is seen
            assert account.unknown <= row["blind"], row
    assert blind >= 12, "the site as a whole is never seen throughout"


def test_a_verdict_on_availability_is_never_wrong(year: Year, court: Court, verdicts: Verdicts) -> None:
    outcomes = set()
    for row, verdict, account in compared(year, court, verdicts):
        if row["availability"] is None:
            assert verdict.outcome is not Outcome.NOT_MET
            continue
        with_planned = Fraction(row["up"], row["up"] + row["down"] + row["planned"])
        readings = {Fraction(row["availability"]) >= verdict.threshold, with_planned >= verdict.threshold}
        if verdict.outcome in (Outcome.MET, Outcome.NOT_MET):
            assert readings == {verdict.outcome is Outcome.MET}, (row, verdict, account)
        outcomes.add((verdict.subject.level, verdict.outcome))
    assert {(Level.SITE, Outcome.MET), (Level.ITEM, Outcome.NOT_MET), (Level.ITEM, Outcome.MET)} <= outcomes


# --- lapses -----------------------------------------------------------------------------------------------------


def test_every_lapse_is_found(year: Year, verdicts: Verdicts) -> None:
    for clause, owed in lapses(year).items():
        found = about(all_lines(verdicts, clause))
        for lapse in owed:
            marks = {line.mark for line in found[lapse["about"]]} - {Mark.FINDING, Mark.EXCLUDED}
            if lapse["claimed"] or lapse["open"]:
                assert marks <= {Mark.BAD, Mark.UNKNOWN}, (lapse, found[lapse["about"]])
            else:
                assert Mark.BAD in marks, (lapse, found[lapse["about"]])


def test_nothing_is_called_a_lapse_that_was_none(year: Year, verdicts: Verdicts) -> None:
    for clause in verdicts:
        if clause == "1.4-availability":
            continue
        true = {lapse["about"] for lapse in lapses(year)[clause]}
        wrong = [line for line in all_lines(verdicts, clause) if line.mark is Mark.BAD and not names(line) & true]
        assert wrong == [], clause


def test_outcomes_are_those_of_the_truth(year: Year, court: Court, verdicts: Verdicts) -> None:
    """Without a lapse nothing is missed; with one that nothing hides, a clause without any tolerance is."""
    for clause, judged in verdicts.items():
        if clause in ("1.4-availability", "0-energy"):
            continue
        by_period = defaultdict(list)
        for lapse in lapses(year)[clause]:
            by_period[lapse["period"]].append(lapse)
        for window, found in judged:
            verdict = of_site(found)
            owed = by_period.get(court.period(window), []) if window.kind.is_calendar else lapses(year)[clause]
            if not owed:
                assert verdict.outcome is not Outcome.NOT_MET, verdict
            elif court.clauses[clause].threshold == 1 and any(
                not each["claimed"] and not each["open"] for each in owed
            ):
                assert verdict.outcome is Outcome.NOT_MET, (verdict, owed)


def test_what_is_entered_late_counts_and_is_marked(year: Year, court: Court, verdicts: Verdicts) -> None:
    clauses = {"round": "1.4-daily", "service": "1.4-monthly"}
    for name in year.truth["late_entries"]:
        clause = clauses[name.partition(":")[0]]
        found = [(w, line) for w, judged in verdicts[clause] for line in lines_of(judged) if name in names(line)]
        assert found, name
        assert all(line.mark is Mark.GOOD and "late: entered" in line.note for _, line in found), found
        window, line = found[0]
        if clause == "1.4-daily":  # when the day was over nobody could know
            known = about(lines_of(court.judge(court.clauses[clause], window, window.end + SECOND_NS)))
            assert known[line.about][0].mark is Mark.BAD, known[line.about]


# --- false claims -----------------------------------------------------------------------------------------------

ACCUSED = (Witness.CONTRADICTED, Witness.NO_TRACE)


def accused(verdicts: Verdicts) -> set[tuple[str, str]]:
    """Every record, with the clause, that telemetry speaks against in some line."""
    return {
        (clause, record.rpartition("@")[0])
        for clause in ("1.4-monthly", "1.4-annual", "2.2.1-test", "2.2.1-linkage")
        for line in all_lines(verdicts, clause)
        if line.witness in ACCUSED
        for record in line.records
    }


def test_each_false_claim_is_named_and_no_true_one(year: Year, verdicts: Verdicts) -> None:
    assert accused(verdicts) == {(claim["clause"], claim["record"]) for claim in year.truth["false_claims"]}


# --- shares -----------------------------------------------------------------------------------------------------


def test_shares_are_the_truth(year: Year, court: Court, verdicts: Verdicts) -> None:
    by_window = {
        (clause, court.period(window), str(verdict.subject.id)): verdict
        for clause, judged in verdicts.items()
        for window, found in judged
        for verdict in found
        if verdict.subject.level in (Level.SITE, Level.PART)
    }
    for share in year.truth["shares"]:
        clause, _, part = share["clause"].partition(" ")
        verdict = by_window[clause, share["period"], part or year.site.id]
        true = Fraction(share["good"], share["total"])
        assert verdict.low is not None, share
        assert verdict.high is not None, share
        assert verdict.low <= true <= verdict.high, (share, verdict.low, verdict.high)
        if not share["open"]:
            assert verdict.low == verdict.high == true, (share, verdict.low, verdict.high)


def cohort(year: Year, court: Court, window: Window, key: str) -> list[dict[str, Any]]:
    """The faults of a month that count for a share; of those that the wire hid and nobody told nobody knows."""
    rows = [row for row in year.truth["faults"] if row["month"] == court.period(window)]
    return [row for row in rows if row[key] is not None and row["sort"] != "unseen"]


def test_responses_and_repairs_are_those_of_the_truth(year: Year, court: Court, verdicts: Verdicts) -> None:
    """Each month has its faults, no more and no less; what is unknown can only be what the wire hid."""
    for window, found in verdicts["1.4-response"]:
        tally, rows = of_site(found).tally, cohort(year, court, window, "in_time")
        assert tally is not None
        assert (tally.settled, tally.running) == (len(rows), 0)
        assert tally.good <= sum(row["in_time"] for row in rows) <= tally.good + tally.unknown
        assert tally.unknown <= sum(row["open"] != "" for row in rows)
    for window, found in verdicts["1.4-repair"]:
        tally, rows = of_site(found).tally, cohort(year, court, window, "repaired")
        assert tally is not None
        assert (tally.settled, tally.running) == (len(rows), 0)
        explained = [row for row in rows if is_explained(row) and row["end"] <= window.end + DAY_NS]
        strict = sum(row["repaired"] for row in rows)
        lenient = sum(row["repaired"] or row in explained for row in rows)
        assert tally.good <= strict <= lenient <= tally.good + tally.unknown
        assert tally.unknown <= sum(
            row["open"] != "" or (not row["repaired"] and row in explained) for row in rows
        )


def is_explained(row: dict[str, Any]) -> bool:
    """Whether the tenants were told of another way before a day was over."""
    return row["alternative"] is not None and row["alternative"] <= row["start"] + DAY_NS


# --- the catalogue ----------------------------------------------------------------------------------------------


def test_every_clause_gives_a_verdict(court: Court, verdicts: Verdicts) -> None:
    assert set(verdicts) == set(court.clauses)
    for clause, judged in verdicts.items():
        assert judged, clause
        for _, found in judged:
            assert of_site(found).outcome is not Outcome.PENDING, clause


def test_the_public_standards_give_one_too(court: Court) -> None:
    for clause in load_catalogue(STANDARDS):
        *_, window = court.windows(clause)
        assert of_site(court.judge(clause, window, court.at_last)).clause == clause.id


def test_what_stands_is_missed_while_it_is_missing(year: Year, court: Court) -> None:
    for gap in year.truth["standing"]:
        clause = court.clauses[gap["clause"]]
        middle = (gap["start"] + gap["end"]) // 2
        for at, wanted in ((middle, Outcome.NOT_MET), (gap["end"] + DAY_NS, Outcome.MET)):
            window = Window(clause.window, at, at)
            verdict = of_site(court.judge(clause, window, at))
            assert verdict.outcome is wanted, (gap, verdict)


# --- order and polling ------------------------------------------------------------------------------------------


def test_the_order_of_arrival_changes_nothing(year: Year, court: Court, verdicts: Verdicts) -> None:
    other = Court.of(year, seed=SEED + 1)
    for name, clause in other.clauses.items():
        window, found = verdicts[name][len(verdicts[name]) // 2]
        assert other.judge(clause, window, court.at_last) == found, name


def test_runs_are_what_polling_gives(tmp_path: Path) -> None:
    write(make(SEED, 100, 2026), tmp_path)
    small = read_year(tmp_path)
    zone = ZoneInfo(small.site.zone)
    cut = min(span for spans in small.truth["outages"].values() for span in spans)
    since = cut[0] - (cut[0] - small.truth["start"]) % DAY_NS - 12 * HOUR_NS  # noon: nothing rests then
    until = cut[1] + 6 * HOUR_NS
    polled = Standing(small.site, small.numbers)
    for block in expanded(small, since, until):
        assert polled.take(block) == frozenset()
    book = RecordBook(zone, small.records)
    both = [each.view(book, until, zone) for each in (polled, stretched(small))]
    span = since + HOUR_NS, until
    for key, episodes in both[0].episodes(*span).items():
        assert episodes == both[1].episodes(*span)[key]
    for key, episodes in both[0].happenings(*span).items():
        assert episodes == both[1].happenings(*span)[key]


def test_a_seed_makes_one_year_and_no_other(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write(make(seed, 100, 2026), tmp_path / name)
    for file in ("site.toml", "changes.jsonl", "records.jsonl", "truth.json"):
        first, same, other = ((tmp_path / name / file).read_bytes() for name in "abc")
        assert first == same, file
        assert file == "site.toml" or first != other, file

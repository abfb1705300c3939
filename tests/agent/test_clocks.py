"""What the live view says of people: doubted claims, answered faults, what is due soonest."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from agent.cli.clocks import answer_line, answers, claims, clocks, due_line, told
from config.catalogue import load_catalogue
from evaluators.model.times import HOUR_NS, MINUTE_NS, SECOND_NS, Window, WindowKind
from evaluators.model.verdicts import Level, Line, Mark, Outcome, Subject, Verdict, Witness

SITE = Subject(Level.SITE, "tower")
LIFT = Subject(Level.EQUIPMENT, "lift-1")
NOW = 10 * HOUR_NS
CLAUSES = tuple(load_catalogue())
RUNNING = Line(about="work-order:WO-1", mark=Mark.RUNNING, start=NOW - 40 * SECOND_NS, due=NOW + 29 * MINUTE_NS)
ANSWERED = replace(
    RUNNING, mark=Mark.GOOD, done=NOW - 32 * SECOND_NS, owner="沈知远", note="emergency; accepted (沈知远) …"
)


def verdict(clause: str, *lines: Line, subject: Subject = SITE) -> Verdict:
    """A pending verdict of a window with some lines."""
    window = Window(WindowKind.MONTH, 0, 100 * HOUR_NS)
    half = Fraction(1, 2)
    return Verdict(
        clause, subject, Outcome.PENDING, half, half, Fraction(1), "1", window, None, as_of=NOW, lines=lines
    )


def claimed(about: str, mark: Mark, witness: Witness | None, record: str = "test:FT-1@1") -> Line:
    """A line that rests on one record."""
    return Line(about=about, mark=mark, records=(record,), witness=witness)


def test_a_record_that_telemetry_does_not_bear_out_is_named_once() -> None:
    found = claims(
        [
            verdict(
                "2.2.1-test",
                claimed("1-001", Mark.UNKNOWN, Witness.NO_TRACE),
                claimed("1-002", Mark.UNKNOWN, Witness.NO_TRACE),
                claimed("1-003", Mark.GOOD, Witness.CORROBORATED),
            ),
            verdict("1.4-monthly", claimed("generator", Mark.BAD, Witness.CONTRADICTED, "service:SV-1@2")),
        ]
    )
    assert found == [
        "2.2.1-test  test:FT-1@1 says 2 done, but telemetry was whole and shows no trace of it",
        "1.4-monthly  service:SV-1@2 says 1 done, but telemetry contradicts it",
    ]


def test_what_serves_or_nobody_could_see_is_no_doubted_claim() -> None:
    lines = (
        claimed("good all the same", Mark.GOOD, Witness.NO_TRACE),
        claimed("blind", Mark.UNKNOWN, Witness.BLIND),
        claimed("no witness", Mark.BAD, None),
    )
    assert claims([verdict("1.4-monthly", *lines)]) == []
    part = Subject(Level.PART, "smoke")
    assert claims([verdict("2.2.1-test", claimed("x", Mark.BAD, Witness.NO_TRACE), subject=part)]) == []


def test_faults_are_told_by_equipment_the_newest_first() -> None:
    earlier = replace(RUNNING, about="work-order:WO-0", start=NOW - HOUR_NS)
    over = replace(RUNNING, about="over at once", mark=Mark.EXCLUDED)
    found = answers(
        [
            verdict("1.4-response", RUNNING, earlier),
            verdict("1.4-response", earlier, RUNNING, over, subject=LIFT),
            verdict("1.4-repair", RUNNING, subject=LIFT),
        ]
    )
    assert list(found) == [(LIFT, RUNNING), (LIFT, earlier)]


def test_a_fault_says_who_answered_or_how_much_time_is_left() -> None:
    assert answer_line(LIFT, RUNNING, NOW) == "1.4-response  lift-1: nobody has answered yet, 29 min left"
    assert answer_line(LIFT, ANSWERED, NOW) == "1.4-response  lift-1: answered after 8 s by 沈知远"
    nameless = replace(ANSWERED, owner="", start=None)
    assert answer_line(LIFT, nameless, NOW) == "1.4-response  lift-1: answered"
    missed = replace(RUNNING, mark=Mark.BAD)
    assert answer_line(LIFT, missed, NOW) == "1.4-response  lift-1: nobody has answered yet"


def test_a_log_is_told_the_same_until_it_changes() -> None:
    one, other = (
        list(told([verdict("1.4-response", line, subject=LIFT)])) for line in (RUNNING, replace(RUNNING, due=NOW))
    )
    assert one == other == ["1.4-response  lift-1: nobody has answered yet"]
    assert list(told([verdict("1.4-response", ANSWERED, subject=LIFT)])) != one


def test_what_is_due_names_who_has_to_act() -> None:
    clause = next(each for each in CLAUSES if each.id == "1.4-daily")
    line = Line(about="generator 2026-03-01", mark=Mark.RUNNING, due=NOW + 3 * HOUR_NS, owner="engineering")
    assert due_line(clause, line, NOW) == "1.4-daily  generator 2026-03-01: 3 h left  engineering"
    bare = replace(line, due=None, owner="")
    assert due_line(clause, bare, NOW) == "1.4-daily  generator 2026-03-01: no time is set"


def test_claims_come_first_then_faults_then_what_is_due() -> None:
    found = [
        verdict("1.4-response", RUNNING),
        verdict("1.4-response", RUNNING, subject=LIFT),
        verdict("1.4-daily", Line(about="generator", mark=Mark.RUNNING, due=NOW + HOUR_NS)),
        verdict("2.2.1-test", claimed("1-001", Mark.BAD, Witness.NO_TRACE)),
    ]
    starts = [line.partition("  ")[0] for line in clocks(CLAUSES, found, NOW, 9).plain.splitlines()]
    assert starts == ["2.2.1-test", "1.4-response", "1.4-daily"]
    assert len(clocks(CLAUSES, found, NOW, 2).plain.splitlines()) == 2
    assert clocks(CLAUSES, [], NOW, 4).plain == ""

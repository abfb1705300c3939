"""Claims that telemetry does not bear out, in words a building engineer can act on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from evaluators.claims import DoubtedClaim, doubted_claims
from evaluators.facts import Facts
from evaluators.model.bodies import (
    Attendance,
    Body,
    Instant,
    LinkageTest,
    Overhaul,
    Performer,
    Result,
    Service,
    Test,
)
from evaluators.model.episodes import State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Part, PartKind
from evaluators.model.times import HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.model.verdicts import Witness
from tests.evaluators.test_witness import DAY, NIGHT, PANEL, PUMP, QUIET, Changes, facts, ran, watch

UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
WINDOW = Window(WindowKind.DAY, DAY, NIGHT)
AT_ONE = Instant(DAY + HOUR_NS)


def told(body: Body, **more: Any) -> list[DoubtedClaim]:
    """What is told of one record of the day."""
    return doubted_claims(facts([Record(id="1", body=body, received=0, author="王")], **more), WINDOW)


def a_test(**more: Any) -> Test:
    """A test of the pump at one in the morning."""
    return Test(**{"equipment": "pump-1", "performed_at": AT_ONE, "person": "李", **more})


def test_a_pump_that_stood_still_while_it_is_said_to_have_run() -> None:
    (found,) = told(a_test(finished_at=Instant(DAY + 2 * HOUR_NS)), run=QUIET)
    assert (found.hearing.witness, found.hearing.record) == (Witness.CONTRADICTED, "test:1@1")
    assert (found.author, found.person) == ("王", "李")
    assert found.says == "test run of pump-1, normal, 2026-03-29 01:00 to 2026-03-29 03:00"
    assert found.shows == "run not once that day"


def test_a_run_that_was_too_short_is_told_with_its_length() -> None:
    (found,) = told(a_test(), run=ran(DAY, DAY + 9 * MINUTE_NS))
    assert found.hearing.witness is Witness.NO_TRACE
    assert found.says == "test run of pump-1, normal, 2026-03-29 01:00"
    assert found.shows == "run for 9 min at the longest, 10 min count"


def test_an_item_that_was_down_is_named() -> None:
    down: Changes = [(DAY, DOWN), (NIGHT, UP)]
    (found,) = told(a_test(), run=QUIET, items=down)
    assert found.hearing.witness is Witness.CONTRADICTED
    assert found.shows == "run not once that day; Automatic was down all that time"


def test_what_nobody_saw_is_told_with_it() -> None:
    brief: Changes = [*QUIET, (DAY + HOUR_NS, UNKNOWN), (DAY + HOUR_NS + MINUTE_NS, DOWN)]
    (found,) = told(a_test(), run=brief)
    assert found.shows == "run not once that day, 1 min unknown"


def test_parts_are_told_by_what_the_wire_shows_of_them() -> None:
    smoke = [str(number) for number in range(1, 13)]
    parts = tuple(Part(f"pump-1/{n}", PartKind.SMOKE, watch(n, Category.PART_TEST)) for n in smoke)
    panel = replace(PUMP, parts=(*parts, Part("pump-1/13", PartKind.SMOKE), Part("pump-1/14", PartKind.HEAT)))
    came_back: Changes = [(DAY, DOWN), (AT_ONE, UP), (NIGHT - 1, DOWN)]
    stuck: Changes = [(DAY, DOWN), (AT_ONE, UP)]
    still: Changes = [(DAY, DOWN)]
    said: dict[str, Changes] = {"1": came_back, "2": came_back, "3": stuck, "4": []}
    claim = a_test(part_kind="smoke", addresses=(*smoke, "13"))
    wire: dict[str, Any] = {number: said.get(number, still) for number in smoke}
    asked = on(panel, facts([Record(id="1", body=claim, received=0)], **wire))
    (found,) = doubted_claims(asked, WINDOW)
    assert found.hearing.witness is Witness.CONTRADICTED
    assert found.says == "13 parts (smoke) of pump-1 tested: 1, 2, 3, 4, 5 and 8 more, normal, 2026-03-29 01:00"
    assert found.shows == (
        "2 came back from alarm or test; 1 did not come back from alarm or test: 3;"
        " 8 never went into alarm or test: 5, 6, 7, 8, 9 and 3 more; 1 cannot be told, telemetry was not whole;"
        " 1 without a wire"
    )


def on(equipment: Equipment, asked: Facts) -> Facts:
    """The same on another pump."""
    return replace(asked, site=replace(asked.site, equipment=(equipment, PANEL)), memo={})


def test_a_form_without_addresses_claims_every_part() -> None:
    (found,) = told(a_test(part_kind="smoke", result=Result.ABNORMAL), **{"7": [(DAY, DOWN)]})
    assert found.says == "every part (smoke) of pump-1 tested, abnormal, 2026-03-29 01:00"
    assert found.shows == "1 never went into alarm or test: 7; 1 without a wire"


def test_services_overhauls_and_linkage_tests() -> None:
    done: dict[str, Any] = {"equipment": ("pump-1",), "performed_at": AT_ONE, "organisation": "维保公司"}
    (served,) = told(Service(**done, performer=Performer.SPECIALIST, ran=True), work=QUIET, run=QUIET)
    assert (served.person, served.says) == (
        "维保公司",
        "service (month) of pump-1, with a run, normal, 2026-03-29 01:00",
    )
    assert served.shows == "run not once that day; work not once that day"
    (plain,) = told(Service(**done, performer=Performer.SPECIALIST), work=QUIET, run=QUIET)
    assert plain.says == "service (month) of pump-1, normal, 2026-03-29 01:00"
    (overhauled,) = told(Overhaul(**done), work=QUIET)
    assert overhauled.says == "overhaul of pump-1, normal, 2026-03-29 01:00"
    linkage = LinkageTest(performed_at=AT_ONE, attendance=Attendance.IN_HOUSE, attendees="张三", parts=("pump-1",))
    (linked,) = told(linkage, run=QUIET)
    assert (linked.person, linked.says) == ("张三", "linkage test, normal, 2026-03-29 01:00")
    assert linked.shows == "run not once that day"


def test_a_linkage_run_counts_however_brief_so_no_length_is_named() -> None:
    linkage = LinkageTest(performed_at=AT_ONE, attendance=Attendance.NONE, parts=("pump-1",))
    asked = on(
        replace(PUMP, kind="fire-panel", watches=(*PUMP.watches, watch("alarm", Category.FIRE_ALARM))),
        facts([Record(id="1", body=linkage, received=0)], run=ran(DAY, DAY + MINUTE_NS), alarm=QUIET),
    )
    (found,) = doubted_claims(asked, WINDOW)
    assert found.shows == "run for 1 min at the longest; alarm not once that day"


def test_only_what_is_doubted_and_cited_is_told_contradictions_first_then_the_newest() -> None:
    def record(number: int, **more: Any) -> Record[Body]:
        return Record(id=str(number), body=a_test(**more), received=0)

    over = Instant(DAY + 2 * HOUR_NS)
    records = [
        record(1),
        record(2, performed_at=Instant(DAY + 5 * HOUR_NS)),
        record(3, finished_at=over),
        record(4, performed_at=Instant(NIGHT + HOUR_NS)),
    ]
    asked = facts(records, run=QUIET)
    assert [each.hearing.record for each in doubted_claims(asked, WINDOW)] == ["test:3@1", "test:2@1", "test:1@1"]
    assert [each.hearing.record for each in doubted_claims(asked, WINDOW, {"test:2@1"})] == ["test:2@1"]
    assert doubted_claims(facts(records, run=ran(DAY, NIGHT)), WINDOW) == []
    assert doubted_claims(facts([], run=QUIET), WINDOW) == []

"""Debounce, emergencies and the matching of reports; worked examples are under ``testcases/``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from itertools import groupby, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.debounce import (
    NEVER,
    Between,
    Condition,
    Delays,
    Phase,
    Spell,
    debounced,
    held,
    item_phases,
    shown_at,
    spells,
    watch_phases,
)
from evaluators.emergencies import real
from evaluators.facts import Facts
from evaluators.fault_groups import groups
from evaluators.faults import USUAL, Fault, Gathering, gather, names
from evaluators.model.bodies import Body, Declaration, WorkOrder
from evaluators.model.bodies.body import Instant
from evaluators.model.calendar import WorkCalendar
from evaluators.model.episodes import Episode, State
from evaluators.model.records import Record
from evaluators.model.site import Category, Equipment, Item, Part, PartKind, Site, System, Watch
from evaluators.model.site import Condition as Rule
from evaluators.model.times import DAY_NS, MINUTE_NS, SECOND_NS, Window, WindowKind
from evaluators.recordbook import RecordBook
from tests.evaluators.cases import Scripted

STATES = {"U": State.UP, "D": State.DOWN, "?": State.UNKNOWN, "P": State.PLANNED, "N": State.NOT_REQUIRED}
START = 100 * DAY_NS
WINDOW = Window(WindowKind.SPAN, START, START + 31 * DAY_NS)


def track(line: str) -> list[Episode]:
    """Episodes from seconds, such as ``U600 D60 ?5``, from zero on."""
    found, cursor = [], 0
    for word in line.split():
        length = int(word[1:]) * SECOND_NS
        found.append(Episode("x", cursor, cursor + length, STATES[word[0]]))
        cursor += length
    return found


def faults_of(line: str, delays: Delays = USUAL, on_delay_s: int | None = None) -> list[Spell]:
    """The debounced faults of such a track."""
    return debounced(spells(item_phases(track(line))), delays, on_delay_s)


def seconds(found: Sequence[Spell]) -> list[tuple[int | tuple[int, int], int | tuple[int, int | None] | None]]:
    """Start and end of each in seconds; a pair where the edge is not known, None for never."""

    def edge(between: Between) -> Any:
        low = between.earliest // SECOND_NS
        high = None if between.latest == NEVER else between.latest // SECOND_NS
        return low if low == high else (low, high)

    return [(edge(spell.start), edge(spell.end)) for spell in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("U600 D59 U600", []),
        ("U600 D60 U600", [(600, 660)]),
        ("U600 D60 U300 D60 U600", [(600, 660), (960, 1020)]),
        ("U600 D60 U299 D60 U600", [(600, 1019)]),
        # Once it is confirmed, a blip within the off-delay keeps it going.
        ("U600 D60 U10 D5 U600", [(600, 675)]),
        # A blip before it is confirmed is no part of it.
        ("U600 D5 U10 D60 U600", [(615, 675)]),
        # It is not known to be over before it was up for five minutes.
        ("U600 D60 U299", [(600, (660, None))]),
        ("U600 D60 U300", [(600, 660)]),
        ("U600 D59", []),
        ("U600 D60", [(600, (660, None))]),
        # Gaps: in it, before it, after it, at the end of what was seen.
        ("U600 D60 ?9000 D60 U600", [(600, 9720)]),
        ("U600 ?100 D60 U600", [((600, 700), 760)]),
        ("U600 D60 ?100 U600", [(600, (660, 760))]),
        ("U600 D60 ?100", [(600, (660, None))]),
        ("?600 D60 U600", [((0, 600), 660)]),
        ("D60 U600", [(0, 60)]),
        # A gap between two times up hides nothing, also while it waits to be over.
        ("U600 D60 U100 ?50 U250", [(600, 660)]),
        ("U600 D60 U100 ?900", [(600, (660, None))]),
        # Planned time is no fault, what runs over is; a fault from before may last.
        ("U600 P600 U600", []),
        ("U600 P600 D60 U600", [(1200, 1260)]),
        ("P600 U600", []),
        ("U600 D60 N600 U600", [(600, (660, 1260))]),
        ("U600 D60 ?10 P600 U600", [(600, (660, 1270))]),
        ("U600 D60 N600 D60 U600", [(600, 1320)]),
        ("U600 ?10 N600 D60 U600", [(1210, 1270)]),
    ],
)
def test_debounce(line: str, expected: list[object]) -> None:
    assert seconds(faults_of(line)) == expected


def test_an_emergency_needs_no_on_delay() -> None:
    assert seconds(faults_of("U600 D1 U600", on_delay_s=0)) == [(600, 601)]


def test_a_short_fault_after_a_gap_is_not_certain() -> None:
    (fault,) = faults_of("U600 ?100 D5 U600")
    assert not fault.certain
    (fault,) = faults_of("U600 ?100 D5 U10 D60 U600")
    assert fault.certain
    (fault,) = faults_of("U600 ?100 D5")
    assert not fault.certain, "it may have lasted for 105 seconds"
    assert faults_of("U600 ?10 D5 U600") == []


@pytest.mark.parametrize(
    ("line", "expected", "chattering"),
    [
        # Three faults that begin within an hour are one; its quiet is an hour.
        ("U600 D600 U600 D600 U600 D600 U3600", [(600, 3600)], [True]),
        ("U600 D600 U600 D600 U600 D600 U3599 D600 U3600", [(600, 7799)], [True]),
        ("U600 D600 U600 D600 U600 D600 U3600 D600 U3600", [(600, 3600), (7200, 7800)], [True, False]),
        ("U600 D600 U600 D600 U600 D600 U3599", [(600, (3600, None))], [True]),
        # The third begins an hour after the first.
        ("U600 D600 U1200 D600 U1200 D600 U3600", [(600, 1200), (2400, 3000), (4200, 4800)], [False] * 3),
        # Blips are cycles too, and are a fault from the one that makes them chatter.
        ("U600 D5 U600 D5 U600 D5 U600 D5 U3600", [(1810, 2420)], [True]),
        # A flicker within the off-delay.
        ("U600 D60 U10 D5 U10 D5 U600", [(600, (690, None))], [True]),
        # A fault that began long before is another one.
        ("U600 D7200 U600 D5 U600 D5 U600 D5 U3600", [(600, 7800), (9610, 9615)], [False, True]),
    ],
)
def test_chatter(line: str, expected: list[object], chattering: list[bool]) -> None:
    found = faults_of(line)
    assert seconds(found) == expected
    assert [fault.chattering for fault in found] == chattering


WORDS = st.lists(st.tuples(st.sampled_from("UD"), st.integers(1, 90)), min_size=1, max_size=40)


@given(WORDS)
def test_debounce_is_what_a_timer_does(words: list[tuple[str, int]]) -> None:
    delays = Delays(on_s=20, off_s=30, chatter_cycles=1000)
    line = [state for state, length in words for _ in range(length)]
    joined = " ".join(f"{state}{len(list(same))}" for state, same in groupby(line))
    wanted: list[tuple[int, int | None]] = []
    is_fault, since_down, since_up = False, 0, 0
    for second in range(1, len(line) + 1):
        before, state = line[second - 1], line[second] if second < len(line) else line[-1]
        if before == "D" and not is_fault and second - since_down == 20:
            is_fault = True
            wanted.append((since_down, None))
        if before == "U" and is_fault and second - since_up == 30:
            is_fault = False
            wanted[-1] = (wanted[-1][0], since_up)
        if state != before:
            since_down, since_up = (second, since_up) if state == "D" else (since_down, second)
    found = faults_of(joined, delays)
    got = [
        (f.start.latest // SECOND_NS, None if f.end.latest == NEVER else f.end.latest // SECOND_NS) for f in found
    ]
    assert got == wanted
    assert all(fault.certain and fault.start.is_exact for fault in found)


@given(st.lists(st.tuples(st.sampled_from("UD?PN"), st.integers(1, 4000)), min_size=1, max_size=30))
def test_faults_follow_each_other(words: list[tuple[str, int]]) -> None:
    found = faults_of(" ".join(f"{state}{length}" for state, length in words))
    for fault in found:
        assert fault.start.earliest <= fault.start.latest <= fault.end.earliest <= fault.end.latest
    for one, other in pairwise(found):
        assert one.end.latest <= other.start.earliest


def test_held() -> None:
    phases = item_phases(track("U100 D50 U20 ?5 U40 D1 U5"))
    assert held(phases, 0, 100 * SECOND_NS) == 0
    assert held(phases, 10 * SECOND_NS, 100 * SECOND_NS) is None
    assert held(phases, 150 * SECOND_NS, 20 * SECOND_NS) == 150 * SECOND_NS
    assert held(phases, 150 * SECOND_NS, 30 * SECOND_NS) == 175 * SECOND_NS
    assert held(phases, 160 * SECOND_NS, 20 * SECOND_NS) == 175 * SECOND_NS


def test_what_was_shown_at_an_instant() -> None:
    phases = item_phases(track("U100 D50"))
    assert shown_at(phases, 99 * SECOND_NS) is Condition.SOUND
    assert shown_at(phases, 100 * SECOND_NS) is Condition.FAULTY
    assert shown_at(phases, 150 * SECOND_NS) is Condition.UNSEEN


def test_an_empty_span_is_left_out() -> None:
    assert item_phases([Episode("x", 5, 5, State.DOWN)]) == []
    assert spells([]) == []
    assert debounced([], USUAL) == []


def test_tests_of_a_panel() -> None:
    def shown(line: str, tests: list[tuple[int, int]]) -> str:
        phases = watch_phases(track(line.replace("A", "U").replace("Q", "D")))
        letters = {Condition.FAULTY: "A", Condition.SOUND: "Q", Condition.UNSEEN: "?"}
        cut = real(phases, [(low * SECOND_NS, high * SECOND_NS) for low, high in tests])
        return " ".join(f"{letters[p.condition]}{(p.end - p.start) // SECOND_NS}" for p in cut)

    assert shown("Q10 A10 Q10", [(5, 25)]) == "Q30"
    assert shown("Q10 A10 Q10", [(12, 25)]) == "Q10 A10 Q10"
    assert shown("Q10 A10 Q10", [(5, 15)]) == "Q15 A5 Q10"
    assert shown("Q10 A10 Q10 A5", [(12, 40)]) == "Q10 A10 Q15"
    # Who is unseen in a test is taken to be quiet, unless the alarm was real before.
    assert shown("Q10 ?10 Q10", [(5, 25)]) == "Q30"
    assert shown("Q10 A5 ?10 A5 Q5", [(12, 32)]) == "Q10 A5 ?10 A5 Q5"
    # Unseen before the test, an alarm within it is a test.
    assert shown("Q10 ?10 A10 Q5", [(20, 40)]) == "Q10 ?10 Q15"


# The whole: sites, watches and reports. Times are minutes from START.


def minute(number: int) -> int:
    """The instant so many minutes after the window begins."""
    return START + number * MINUTE_NS


def item(key: str, **more: Any) -> Item:
    """An item with a wire."""
    return Item(key, key, (Rule("d/" + key.replace("/", "-"), one_of=(1,)),), **more)


def site(*equipment: Equipment) -> Site:
    """A tower of one system."""
    return Site("tower", "Tower", "UTC", (System("all", "All"), System("none", "None")), equipment, ())


Changes = Mapping[str, list[tuple[int, State]]]


def facts(
    where: Site,
    items: Changes | None = None,
    watches: Changes | None = None,
    records: Sequence[Record[Body]] = (),
    as_of: int = START + 40 * DAY_NS,
) -> Facts:
    """Facts whose telemetry changes at minutes, up (or quiet) before."""

    def spread(changes: Changes | None, quiet: State) -> dict[str, list[tuple[int, State]]]:
        return {
            key: [(0, quiet), *((minute(number), state) for number, state in steps)]
            for key, steps in (changes or {}).items()
        }

    telemetry = Scripted(spread(items, State.UP), spread(watches, State.DOWN), {})
    return Facts(where, UTC, WorkCalendar(), RecordBook(UTC, records), telemetry, as_of)


def order(name: str, equipment: str, reported: int, **fields: Any) -> Record[WorkOrder]:
    """A report; times in minutes."""
    times = {key: minute(value) for key, value in fields.items() if key.endswith("_at")}
    words = {key: value for key, value in fields.items() if not key.endswith("_at")}
    stated: dict[str, Any] = {**words, **times}
    body = WorkOrder(equipment=equipment, reported_at=Instant(minute(reported)), **stated)
    return Record(id=name, body=body, received=0)


UP, DOWN, UNKNOWN = State.UP, State.DOWN, State.UNKNOWN
PUMP = Equipment("pump", "Pump", "all", (item("pump/a"), item("pump/b")))


def found(known: Facts, rules: Gathering = USUAL) -> list[Fault]:
    """The faults of the window."""
    return list(gather(known, WINDOW, rules).faults)


def test_nothing_can_be_said_of_a_window_that_is_far_ahead() -> None:
    known = facts(site(PUMP), {"pump/a": [(0, DOWN)]}, as_of=START - 32 * DAY_NS)
    assert found(known) == []


def test_what_began_before_the_window_is_there() -> None:
    known = facts(site(PUMP), {"pump/a": [(-20 * 1440, DOWN), (60, UP)]})
    (fault,) = found(known)
    assert (fault.start, fault.end) == (Between.exactly(minute(-20 * 1440)), Between.exactly(minute(60)))


def test_a_report_belongs_to_the_fault_that_lasted_when_it_was_made() -> None:
    steps = [(100, DOWN), (200, UP), (300, DOWN), (400, UP)]
    reports = [
        order("early", "pump", 69),
        order("before", "pump", 70),
        order("during", "pump", 150, item="a"),
        order("after", "pump", 205, item="pump/a"),
        order("late", "pump", 206),
        order("other", "pump", 150, item="b"),
        order("elsewhere", "lift", 150),
    ]
    log = found(facts(site(PUMP), {"pump/a": steps}, records=reports))
    served = {fault.about: [o.id for o in fault.orders] for fault in log}
    assert served == {
        "pump/a 1970-04-11T01:40:00+00:00": ["before", "during", "after"],
        "pump/a 1970-04-11T05:00:00+00:00": [],
        "work-order:early": ["early"],
        "work-order:late": ["late"],
        "work-order:other": ["other"],
        "work-order:elsewhere": ["elsewhere"],
    }
    first = next(fault for fault in log if "before" in served[fault.about])
    assert first.start == Between.exactly(minute(70)), "somebody noticed it before the wire did"
    assert {fault.about: fault.item for fault in log if not fault.on_the_wire} == {
        "work-order:early": "",
        "work-order:late": "",
        "work-order:other": "pump/b",
        "work-order:elsewhere": "",
    }


def test_of_two_faults_the_nearer_start_is_meant() -> None:
    items = {"pump/a": [(100, DOWN)], "pump/b": [(140, DOWN)]}
    log = found(facts(site(PUMP), items, records=[order("1", "pump", 119), order("2", "pump", 121)]))
    assert {fault.item: [o.id for o in fault.orders] for fault in log} == {"pump/a": ["1"], "pump/b": ["2"]}
    # Just as far from both: the earlier.
    log = found(facts(site(PUMP), items, records=[order("1", "pump", 120)]))
    assert [fault.item for fault in log if fault.orders] == ["pump/a"]


def test_a_report_makes_a_fault_certain_and_may_make_it_an_emergency() -> None:
    known = facts(
        site(PUMP),
        {"pump/a": [(90, UNKNOWN), (100, DOWN), (101, UP)], "pump/b": [(100, DOWN)]},
        records=[order("1", "pump", 95, item="a", emergency=True)],
    )
    one, other = found(known)
    assert (one.certain, one.emergency, one.start) == (True, True, Between(minute(90), minute(95)))
    assert (other.certain, other.emergency, other.start) == (True, False, Between.exactly(minute(100)))


def test_an_item_may_be_an_emergency() -> None:
    generator = Equipment("gen", "Generator", "all", (item("gen/start", emergency=True),))
    (fault,) = found(facts(site(generator), {"gen/start": [(1, DOWN)]}))
    assert fault.emergency


def test_a_report_ends_when_somebody_found_it_to_work() -> None:
    as_of = minute(1000)
    reports = [
        order("open", "wall", 10),
        order("done", "wall", 10, verified_at=20),
        order("planned", "wall", 10, verified_at=1001),
        order("wrong", "wall", 10, verified_at=9),
    ]
    ends = {fault.about: fault.end for fault in found(facts(site(PUMP), records=reports, as_of=as_of))}
    still = Between(as_of, NEVER)
    assert ends == {
        "work-order:open": still,
        "work-order:done": Between.exactly(minute(20)),
        "work-order:planned": still,
        "work-order:wrong": still,
    }


def test_an_item_is_named_by_its_key_or_its_id() -> None:
    def body(item: str) -> WorkOrder:
        return order("1", "pump", 0, item=item).body

    assert names(body("a"), "pump/a")
    assert names(body("pump/a"), "pump/a")
    assert names(body(""), "pump/a")
    assert names(body("a"), "")
    assert not names(body("b"), "pump/a")


def watch(key: str, category: Category, at_least_ns: int = 0) -> Watch:
    """A watch without conditions."""
    return Watch(key, key, category, (), at_least_ns)


def test_emergencies_of_a_site() -> None:
    lift = Equipment(
        "lift",
        "Lift",
        "all",
        (),
        watches=(
            watch("lift/alarm", Category.ENTRAPMENT, 3 * MINUTE_NS),
            watch("lift/work", Category.AT_WORK),
        ),
    )
    basement = Equipment(
        "basement",
        "Basement",
        "all",
        (),
        watches=(watch("basement/wet-1", Category.FLOOD), watch("basement/wet-2", Category.FLOOD)),
    )
    panel = Equipment(
        "panel",
        "Panel",
        "all",
        (),
        watches=(watch("panel/fire", Category.FIRE_ALARM),),
        parts=(
            Part("panel/1", PartKind.SMOKE, watch("panel/1-fire", Category.FIRE_ALARM)),
            Part("panel/2", PartKind.SMOKE),
        ),
    )
    seen = {
        "lift/alarm": [(10, UP), (12, DOWN), (20, UP), (23, DOWN)],
        "lift/work": [(10, UP)],
        "basement/wet-1": [(10, UP), (20, DOWN)],
        "basement/wet-2": [(10, UP), (20, DOWN)],
        "panel/fire": [(30, UP), (35, DOWN), (100, UNKNOWN), (110, UP), (120, DOWN)],
        "panel/1-fire": [(33, UP), (60, DOWN), (105, UNKNOWN), (120, DOWN)],
    }
    log = found(facts(site(lift, basement, panel), watches=seen))
    assert [(f.kind, f.about.partition(" 1970")[0], f.start, f.end) for f in log] == [
        ("flood", "basement/wet-1", Between.exactly(minute(10)), Between.exactly(minute(20))),
        ("flood", "basement/wet-2", Between.exactly(minute(10)), Between.exactly(minute(20))),
        ("entrapment", "lift/alarm", Between.exactly(minute(20)), Between.exactly(minute(23))),
        ("fire-alarm", "panel fire-alarm", Between.exactly(minute(30)), Between.exactly(minute(60))),
        ("fire-alarm", "panel fire-alarm", Between(minute(100), minute(110)), Between.exactly(minute(120))),
    ]
    assert all(fault.emergency for fault in log)


def declared(items: tuple[str, ...], start: int, end: int, received: int, **more: Any) -> Record[Declaration]:
    """A declared panel test; minutes."""
    fields = {"panel_test": True, **more}
    version = fields.pop("version", 1)
    withdrawn = fields.pop("withdrawn", False)
    body = Declaration(
        items=items, state=State.PLANNED, start=Instant(minute(start)), end=Instant(minute(end)), **fields
    )
    return Record(id="D", body=body, received=minute(received), version=version, withdrawn=withdrawn)


PANEL = Equipment(
    "panel",
    "Panel",
    "all",
    (item("panel/loop-1"), item("panel/loop-2")),
    watches=(watch("panel/fire", Category.FIRE_ALARM),),
)


@pytest.mark.parametrize(
    ("records", "is_test"),
    [
        ([declared(("panel",), 5, 60, 5)], True),
        ([declared(("panel/fire",), 5, 60, 5)], True),
        ([declared(("panel/loop-1",), 5, 60, 5)], False),
        ([declared(("panel",), 5, 60, 6)], False),
        ([declared(("panel",), 5, 60, 5, panel_test=False)], False),
        ([declared(("panel",), 5, 10, 5)], False),
        ([declared(("panel",), 5, 11, 5)], False),
        ([declared(("panel",), 5, 60, 5), declared(("panel",), 5, 60, 5, version=2, withdrawn=True)], False),
        # It may be prolonged while it runs, and taken back.
        ([declared(("panel",), 5, 10, 5), declared(("panel",), 5, 60, 6, version=2)], True),
        ([declared(("panel",), 5, 8, 5), declared(("panel",), 5, 60, 9, version=2)], False),
        ([declared(("panel",), 5, 60, 5), declared(("panel",), 5, 60, 6, version=2, panel_test=False)], False),
        ([declared(("panel",), 5, 60, 5), declared(("other",), 5, 60, 6, version=2)], False),
    ],
)
def test_which_declaration_makes_an_alarm_a_test(records: list[Record[Body]], is_test: bool) -> None:
    known = facts(site(PANEL), watches={"panel/fire": [(10, UP), (12, DOWN)]}, records=records)
    assert bool(found(known)) is not is_test


def test_test_mode_that_is_unknown_is_none() -> None:
    testing = Equipment(
        "panel",
        "Panel",
        "all",
        (),
        watches=(watch("panel/fire", Category.FIRE_ALARM), watch("panel/test", Category.TEST_MODE)),
    )
    alarm = [(10, UP), (12, DOWN)]
    assert found(facts(site(testing), watches={"panel/fire": alarm, "panel/test": [(5, UP), (60, DOWN)]})) == []
    assert len(found(facts(site(testing), watches={"panel/fire": alarm, "panel/test": [(5, UNKNOWN)]}))) == 1


def test_a_flood_of_alarms() -> None:
    rooms = [Equipment(f"r{n:02}", "Room", "all", (item(f"r{n:02}/x"),)) for n in range(24)]

    def floods(starts: list[int]) -> list[str]:
        seen = {f"r{n:02}/x": [(start, DOWN)] for n, start in enumerate(starts)}
        return [fault.flood.partition(" ")[0] for fault in found(facts(site(*rooms), seen))]

    assert floods([0] * 10) == [""] * 10
    assert floods([0] * 11) == ["r00/x"] * 11
    assert floods(list(range(11))) == [""] * 11, "the eleventh comes after ten minutes"
    assert floods([0] * 10 + [9, 9, 10, 30]) == ["r00/x"] * 12 + ["", ""]
    assert floods([0] * 11 + [100] * 11) == ["r00/x"] * 11 + ["r11/x"] * 11


def test_unseen_time_of_items_with_a_wire() -> None:
    wall = Equipment("wall", "Wall", "all", (Item("wall/x", "Wall", ()),))
    seen = {
        "pump/a": [(10, UNKNOWN), (50, UP), (60, UNKNOWN), (70, UP)],
        "pump/b": [(-1, UNKNOWN)],
        "wall/x": [(10, UNKNOWN)],
    }
    where = site(PUMP, wall)
    log = gather(facts(where, seen), WINDOW, USUAL)
    told = [("pump", "1"), ("elsewhere", "2"), ("pump", "3")]
    by_subject = {str(group.subject): group for group in groups(where, log, WINDOW, told, 30 * MINUTE_NS)}
    dark = {subject: group.unseen for subject, group in by_subject.items()}
    assert dark["equipment:pump"].length == 40 * MINUTE_NS + 31 * DAY_NS
    assert dark["site:tower"] == dark["system:all"] == dark["equipment:pump"]
    assert not dark["equipment:pump"].all_of_it
    assert not dark["equipment:wall"].all_of_it
    assert not dark["system:none"].all_of_it
    assert {subject: group.told for subject, group in by_subject.items()} == {
        "site:tower": ("1", "3", "2"),
        "system:all": ("1", "3"),
        "system:none": (),
        "equipment:pump": ("1", "3"),
        "equipment:wall": (),
    }
    blind = gather(facts(where, {"pump/a": [(-1, UNKNOWN)], "pump/b": [(-1, UNKNOWN)]}), WINDOW, USUAL)
    assert next(groups(where, blind, WINDOW, [], 0)).unseen.all_of_it


ORDERS = st.lists(
    st.tuples(
        st.integers(-600, 600), st.sampled_from(["", "a", "b", "pump/a", "c"]), st.sampled_from(["pump", "z"])
    ),
    max_size=12,
)
STEPS = st.lists(st.tuples(st.integers(-500, 500), st.sampled_from([UP, DOWN, UNKNOWN])), max_size=12)


def _ordered(steps: list[tuple[int, State]]) -> list[tuple[int, State]]:
    return sorted({number: (number, state) for number, state in steps}.values(), key=lambda step: step[0])


@given(ORDERS, STEPS, STEPS, st.randoms(use_true_random=False))
def test_each_report_serves_one_fault_in_whatever_order_they_came(
    raw: list[tuple[int, str, str]],
    a: list[tuple[int, State]],
    b: list[tuple[int, State]],
    random: Any,
) -> None:
    records = [order(str(n), where, reported, item=item) for n, (reported, item, where) in enumerate(raw)]
    items = {"pump/a": _ordered(a), "pump/b": _ordered(b)}
    log = found(facts(site(PUMP), items, records=records))
    assert sorted(o.id for fault in log for o in fault.orders) == sorted(record.id for record in records)
    assert len({fault.about for fault in log}) == len(log)
    random.shuffle(records)
    assert found(facts(site(PUMP), items, records=records)) == log


def test_phases_of_neighbours_that_say_the_same_are_one() -> None:
    assert item_phases(track("U5 P5 U5")) == [Phase(0, 15 * SECOND_NS, Condition.SOUND)]

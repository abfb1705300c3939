"""What people state, laid over what the wire said; one letter a tick or an hour (see `building.drawn`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluators.availability import figures
from evaluators.declarations import declared, in_force
from evaluators.laying import Stretch, reach_back
from evaluators.model.bodies import Declaration, Inspection, Instant, ItemChange
from evaluators.model.episodes import Declared, State
from evaluators.model.records import Record
from evaluators.model.samples import Sample
from evaluators.model.site import Category, Condition, Site, Watch, WeekHours
from evaluators.model.times import DAY_NS, HOUR_NS, instant
from evaluators.order import order_key
from evaluators.recordbook import RecordBook
from evaluators.standing import Standing
from evaluators.tracks import changes_of, spread
from evaluators.weekhours import hours
from tests.evaluators.building import drawn, sample, site, stream, works

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
NUMBERS = {"d/0": 0, "d/1": 1}


def folded(building: Site, samples: Sequence[Sample]) -> Standing:
    """All samples, in order."""
    standing = Standing(building, NUMBERS)
    for point in standing.points:
        standing.refold(point, sorted((s for s in samples if s.point == point), key=order_key))
    return standing


def altered(building: Site, **item: object) -> Site:
    """The site with its items changed."""
    equipment = tuple(
        replace(each, items=tuple(replace(one, **item) for one in each.items))  # type: ignore[arg-type]
        for each in building.equipment
    )
    return replace(building, equipment=equipment)


def declaration(
    record_id: str, state: State, start: int, end: int, received: int, version: int = 1, **more: object
) -> Record[Declaration]:
    """One version of a declaration for the first lift."""
    items = more.pop("items", ("lift-0",))
    body = Declaration(items=items, state=state, start=Instant(start), end=Instant(end))  # type: ignore[arg-type]
    return Record(id=record_id, body=body, received=received, version=version, **more)  # type: ignore[arg-type]


PLANNED, OFF = State.PLANNED, State.NOT_REQUIRED


def spans(history: Sequence[Record[Declaration]], item: str = "lift-0/car") -> list[tuple[int, int, State]]:
    """What is in force."""
    return [(piece.start, piece.end, piece.state) for piece in in_force(history, item)]


@pytest.mark.parametrize(
    ("name", "versions", "expected"),
    [
        ("received before its start", [(2, 6, 1)], [(2, 6)]),
        ("received at its start", [(2, 6, 2)], [(2, 6)]),
        ("received afterwards", [(2, 6, 3)], []),
        ("shortened beforehand", [(2, 6, 0), (2, 4, 1)], [(2, 4)]),
        ("shortened while it runs", [(2, 7, 0), (2, 5, 4)], [(2, 5)]),
        ("shortened afterwards", [(2, 7, 0), (2, 4, 9)], [(2, 4)]),
        ("extended while it runs", [(2, 5, 0), (2, 7, 4)], [(2, 7)]),
        ("extended at its very end", [(2, 5, 0), (2, 7, 5)], [(2, 7)]),
        ("extended too late", [(2, 5, 0), (2, 7, 6)], [(2, 5)]),
        ("extended too late, and shortened", [(2, 5, 0), (3, 7, 6)], [(3, 5)]),
        ("begun later than declared", [(2, 7, 0), (4, 7, 1)], [(4, 7)]),
        ("begun later, said while it runs", [(2, 7, 0), (5, 7, 3)], [(5, 7)]),
        ("dated back while it runs", [(4, 7, 0), (2, 7, 5)], [(4, 7)]),
        ("dated back before it runs", [(5, 7, 0), (2, 7, 4)], [(4, 7)]),
        ("over before it was said", [(5, 7, 0), (2, 3, 4)], []),
        ("moved away afterwards", [(2, 4, 0), (6, 8, 5)], [(6, 8)]),
        ("an amendment that came first", [(2, 4, 1), (2, 6, 0)], [(2, 6)]),
        ("amended twice at once", [(2, 4, 1), (2, 6, 1)], [(2, 6)]),
        ("ended, and extended after that", [(2, 7, 0), (2, 4, 3), (2, 6, 5)], [(2, 4)]),
    ],
)
def test_which_version_counts(
    name: str, versions: list[tuple[int, int, int]], expected: list[tuple[int, int]]
) -> None:
    history = [
        declaration("D-1", PLANNED, start, end, received, number + 1)
        for number, (start, end, received) in enumerate(versions)
    ]
    assert spans(history) == [(start, end, PLANNED) for start, end in expected], name
    found = declared(RecordBook(UTC, reversed(history)), site([[works()], [works()]]))
    assert [(d.item, d.start, d.end) for d in found] == [("lift-0/car", *span) for span in expected], name


def test_withdrawn_or_named_no_more() -> None:
    first = declaration("D-1", PLANNED, 2, 6, 0)
    assert spans([first, declaration("D-1", PLANNED, 2, 6, 1, 2, withdrawn=True)]) == []
    assert spans([first, declaration("D-1", PLANNED, 2, 6, 4, 2, withdrawn=True)]) == [(2, 4, PLANNED)]
    assert spans([first, declaration("D-1", PLANNED, 2, 6, 9, 2, withdrawn=True)]) == [(2, 6, PLANNED)]
    assert spans([first, declaration("D-1", PLANNED, 2, 6, 4, 2, items=("lift-9",))]) == [(2, 4, PLANNED)]
    assert spans([declaration("D-1", PLANNED, 2, 6, 0, items=("lift-9/car",))]) == []


def test_another_kind_from_its_receipt_on() -> None:
    first = declaration("D-1", PLANNED, 2, 6, 0)
    assert spans([first, declaration("D-1", OFF, 2, 8, 4, 2)]) == [(2, 4, PLANNED), (4, 8, OFF)]
    assert spans([first, declaration("D-1", OFF, 1, 3, 4, 2)]) == [(2, 3, PLANNED)]


@pytest.mark.parametrize(
    ("name", "values", "stretches", "expected"),
    [
        ("two that touch go on", "UUDDDDUU", [(PLANNED, 2, 4), (PLANNED, 4, 6)], "UUPPPPUU"),
        ("with a hole the fault is open", "UUDDDDUU", [(PLANNED, 2, 3), (PLANNED, 4, 6)], "UUPDDDUU"),
        ("overlapping ones", "UUDDDDUU", [(PLANNED, 2, 5), (OFF, 3, 7)], "UUPPP..U"),
        ("one within another", "UUDDDDUU", [(OFF, 2, 6), (PLANNED, 3, 4)], "UU....UU"),
        ("a stand-down goes on into work", "UUUDDDUU", [(OFF, 2, 4), (PLANNED, 4, 6)], "UU..PPUU"),
        ("silence before the start", "UUxxDDUD", [(PLANNED, 4, 8)], "UU????UP"),
        ("silence before a stand-down", "UUxxxxUD", [(OFF, 4, 8)], "U?????.."),
        ("silence, and on into the next", "UUxxDDDU", [(PLANNED, 4, 5), (PLANNED, 5, 7)], "UU?????U"),
        ("silence over an open fault", "DDDxxDUD", [(PLANNED, 1, 8)], "DDD???UP"),
        ("never seen before", "....DUDU", [(PLANNED, 2, 7)], "?????UPU"),
        ("one that is over before it is needed", "UDUUUDUU", [(PLANNED, 0, 1), (PLANNED, 5, 6)], "UDUUUPUU"),
    ],
)
def test_stretches(name: str, values: str, stretches: list[tuple[State, int, int]], expected: str) -> None:
    standing = folded(site([[works()]], hold=3), stream(values))
    stated = [Declared("lift-0/car", state, start, end, -1) for state, start, end in stretches]
    assert drawn(standing.episodes(0, 8, stated)["lift-0/car"]) == expected, name
    for start in range(8):
        assert drawn(standing.episodes(start, 8, stated)["lift-0/car"]) == expected[start:], f"{name} from {start}"


def test_reaching_back_through_what_touches() -> None:
    found = [Stretch(3, 6, PLANNED), Stretch(1, 3, PLANNED), Stretch(-4, 0, PLANNED), Stretch(6, 9, PLANNED)]
    assert reach_back(found, 5) == 1
    assert reach_back(found, 0) == -4
    assert reach_back(found, 12) == 12


def at(text: str, zone: tzinfo) -> int:
    """An instant of a zone's clock."""
    return instant(datetime.fromisoformat(text).replace(tzinfo=zone))


def night(start_s: int = 22 * 3600, end_s: int = 6 * 3600, days: tuple[int, ...] = EVERY_DAY) -> WeekHours:
    """A stand-down."""
    return WeekHours(days, start_s, end_s)


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("entry", "start", "end", "expected"),
    [
        (night(), "2026-03-28T12:00", "2026-03-29T12:00", [("2026-03-28T22:00", "2026-03-29T06:00")]),
        (
            night(0, 86_400, (6,)),
            "2026-03-28T00:00",
            "2026-03-31T00:00",
            [("2026-03-29T00:00", "2026-03-30T00:00")],
        ),
        (night(days=(4,)), "2026-03-28T05:00", "2026-03-28T07:00", [("2026-03-27T22:00", "2026-03-28T06:00")]),
        (night(days=(5,)), "2026-03-28T05:00", "2026-03-28T07:00", []),
        (night(9000, 12_600), "2026-03-29T00:00", "2026-03-29T12:00", [("2026-03-29T03:30", "2026-03-29T03:30")]),
        (night(9000, 10_800), "2026-10-25T00:00", "2026-10-25T12:00", [("2026-10-25T02:30", "2026-10-25T03:00")]),
    ],
)
def test_standing_hours_by_the_sites_clock(
    entry: WeekHours, start: str, end: str, expected: list[tuple[str, str]]
) -> None:
    found = list(hours([entry], at(start, BERLIN), at(end, BERLIN), BERLIN))
    assert found == [
        (at(left, BERLIN), at(right, BERLIN)) for left, right in expected if at(left, BERLIN) < at(right, BERLIN)
    ]


def test_standing_hours_of_no_time_and_their_lengths_when_the_clock_changes() -> None:
    assert list(hours([night()], 5, 5, UTC)) == []
    lengths = [
        right - left
        for month, day in ((3, 28), (10, 24), (6, 1))
        for left, right in hours(
            [night()],
            at(f"2026-{month:02}-{day:02}T21:00", BERLIN),
            at(f"2026-{month:02}-{day:02}T23:00", BERLIN),
            BERLIN,
        )
    ]
    assert lengths == [7 * HOUR_NS, 9 * HOUR_NS, 8 * HOUR_NS]


def hourly(line: str) -> list[Sample]:
    """One letter an hour."""
    return [replace(each, time=each.time * HOUR_NS) for each in stream(line)]


def by_the_hour(standing: Standing, start: int, end: int, zone: tzinfo = UTC) -> str:
    """The first item's states, one letter an hour."""
    view = standing.view(RecordBook(zone), end * HOUR_NS, zone)
    found = view.episodes(start * HOUR_NS, end * HOUR_NS)["lift-0/car"]
    return drawn(replace(e, start=e.start // HOUR_NS, end=e.end // HOUR_NS) for e in found)


def test_nights() -> None:
    building = altered(site([[works()]], hold=3 * HOUR_NS), stand_down=(night(),))
    # A fault from 20:00 to 02:00, and one from 03:00 to 08:00 of which the night excuses all but the end.
    two_days = "U" * 20 + "DDDDDD" + "U" + "DDDDD" + "U" * 16
    expected = "??????" + "U" * 14 + "DDDDDD" + "...." + "DD" + "U" * 14 + ".."
    standing = folded(building, hourly(two_days))
    shown = by_the_hour(standing, 0, 48)
    assert shown[6:] == expected[6:]
    assert shown[:6] == "......", (
        "standing down since the evening before, when nothing was known, until it is seen up"
    )
    for start in range(48):
        assert by_the_hour(standing, start, 48) == shown[start:]


def test_hours_that_touch_stand_down_for_good() -> None:
    building = altered(site([[works()]], hold=3 * HOUR_NS), stand_down=(night(0, 43_200), night(43_200, 86_400)))
    standing = folded(building, hourly("D" * 500))
    assert by_the_hour(standing, 400, 420) == "." * 20
    weekend = altered(building, stand_down=(night(0, 86_400, (5, 6)),))
    # 1970-01-03 was a Saturday: the fault of Saturday's stand-down goes on into Sunday's, and is down on Monday.
    fault = hourly("U" * 60 + "D" * 60)
    two = altered(site([[works()], [works()]], hold=3 * HOUR_NS), stand_down=(night(),))
    view = folded(two, hourly("U" * 48)).view(RecordBook(UTC), 48 * HOUR_NS, UTC)
    same = view.episodes(20 * HOUR_NS, 48 * HOUR_NS)
    assert [e.state for e in same["lift-0/car"]] == [e.state for e in same["lift-1/car"]]
    assert by_the_hour(folded(weekend, fault), 70, 100) == "." * 26 + "DDDD"
    assert by_the_hour(folded(weekend, fault), 40, 62) == "U" * 8 + "." * 14


def test_life_safety_takes_planned_work_but_never_stands_down() -> None:
    building = altered(
        site([[works(not_required_for=(2,))]], hold=3 * HOUR_NS, life_safety=True), stand_down=(night(),)
    )
    records = RecordBook(
        UTC, [declaration("D-1", OFF, 0, 5 * HOUR_NS, 0), declaration("D-2", PLANNED, 2 * HOUR_NS, 4 * HOUR_NS, 0)]
    )
    view = folded(building, hourly("UUDDDUUU")).view(records, 8 * HOUR_NS, UTC)
    found = view.episodes(0, 8 * HOUR_NS)["lift-0/car"]
    assert drawn(replace(e, start=e.start // HOUR_NS, end=e.end // HOUR_NS) for e in found) == "UUPPDUUU"


def looked(record_id: str, day: int, *, usable: bool) -> Record[Inspection]:
    """An inspection at a day's beginning."""
    body = Inspection(item="lift-0/car", performed_at=Instant(day * DAY_NS), usable=usable)
    return Record(id=record_id, body=body, received=0)


def by_the_day(records: RecordBook, days: int, start: int, end: int, as_of: int | None = None) -> str:
    """An item that lives by inspections, one letter a day."""
    building = altered(site([[]]), inspected_days=days)
    until = end if as_of is None else as_of
    view = folded(building, []).view(records, until * DAY_NS, UTC)
    found = view.episodes(start * DAY_NS, end * DAY_NS)["lift-0/car"]
    return drawn(replace(e, start=e.start // DAY_NS, end=e.end // DAY_NS) for e in found)


def test_inspections_hold_until_the_next_is_due() -> None:
    records = RecordBook(UTC, [looked("I-2", 6, usable=False), looked("I-1", 2, usable=True)])
    assert by_the_day(records, 3, 0, 12) == "??UUU?DDD???"
    assert by_the_day(records, 9, 3, 12) == "UUUDDDDDD"
    assert by_the_day(records, 9, 8, 9) == "D"
    assert by_the_day(records, 9, 0, 12, as_of=6) == "??UUUU"
    assert by_the_day(records, 0, 0, 8) == "????????"
    assert by_the_day(RecordBook(UTC), 9, 0, 2) == "??"
    records.add(looked("I-3", 6, usable=True))
    assert by_the_day(records, 9, 0, 8) == "??UUUUDD", "of two at one time the worse counts"
    records.add(declaration("D-1", PLANNED, 5 * DAY_NS, 7 * DAY_NS, 0))
    assert by_the_day(records, 9, 0, 8) == "??UUUUPD"


def change(record_id: str, when: int, *, counts: bool, **more: object) -> Record[ItemChange]:
    """A change of the list."""
    approved = str(more.pop("approved_by", "Li Na"))
    body = ItemChange(item="lift-0/car", at=Instant(when), counts=counts, approved_by=approved)
    return Record(id=record_id, body=body, **{"received": 0, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([change("C-1", 3, counts=False)], "UUU....."),
        ([change("C-1", 3, counts=False), change("C-2", 5, counts=True)], "UUU..UUU"),
        ([change("C-1", 3, counts=False, approved_by=" ")], "UUUUUUUU"),
        ([change("C-1", 3, counts=False, received=6)], "UUUUUU.."),
        ([change("C-1", 3, counts=False, received=6, imported=True)], "UUU....."),
        ([change("C-1", 3, counts=False, received=6), change("C-2", 5, counts=True)], "UUUUUUUU"),
        ([change("C-1", 3, counts=False), change("C-2", 5, counts=False)], "UUU....."),
        ([change("C-2", 5, counts=True)], "UUUUUUUU"),
    ],
)
def test_changes_of_the_list(changes: list[Record[ItemChange]], expected: str) -> None:
    standing = folded(site([[works()]]), stream("U" * 8))
    assert drawn(standing.view(RecordBook(UTC, changes), 8, UTC).episodes(0, 8)["lift-0/car"]) == expected


def test_equipment_that_is_gone_does_not_count() -> None:
    building = site([[works()]], hold=3 * HOUR_NS)
    gone = replace(building, equipment=tuple(replace(e, removed=date(1970, 1, 2)) for e in building.equipment))
    assert by_the_hour(folded(gone, hourly("U" * 30)), 20, 30) == "UUUU......"


@pytest.mark.parametrize(
    ("watch", "expected"),
    [("lift-0/fire", "UU.DD?UU"), ("lift-0/nothing", "UU????UU")],
)
def test_a_value_stands_an_item_down_only_while_its_event_lasts(watch: str, expected: str) -> None:
    mode = Condition("d/0", one_of=(1,), not_required_for=(6,), not_required_while=watch)
    building = site([[mode]])
    fire = Watch("lift-0/fire", "", Category.FIRE_ALARM, (works("d/1"),))
    point = replace(building.points[0], key="d/1")
    building = replace(
        building,
        equipment=tuple(replace(each, watches=(fire,)) for each in building.equipment),
        points=(*building.points, point),
    )
    samples = [sample(t, v) for t, v in enumerate([1, 1, 6, 6, 6, 6, 1, 1])]
    alarm = [sample(t, v, point=1) for t, v in enumerate([0, 0, 1, 0, 0, None, 0, 0])]
    view = folded(building, [*samples, *alarm]).view(RecordBook(UTC), 8, UTC)
    assert drawn(view.episodes(0, 8)["lift-0/car"]) == expected


def test_nothing_after_the_instant_is_looked_at() -> None:
    standing = folded(site([[works()]]), stream("UUUDDDDD"))
    view = standing.view(RecordBook(UTC), 3, UTC)
    assert drawn(view.episodes(0, 8)["lift-0/car"]) == "UUU"
    assert view.episodes(5, 8)["lift-0/car"] == ()
    assert drawn(view.episodes(-4, 1)["lift-0/car"]) == "????U"


values = st.sampled_from([0, 1, 2, None])
ticks = st.dictionaries(st.integers(0, 19), values, max_size=20)
stretches = st.lists(
    st.builds(
        lambda state, start, length: Declared("lift-0/car", state, start, start + length, -1),
        st.sampled_from([PLANNED, OFF]),
        st.integers(0, 18),
        st.integers(1, 8),
    ),
    max_size=3,
)
HOLD = 3
RULES = [[works("d/0", not_required_for=(2,)), works("d/1")], [works("d/0")]]


def samples_of(said: Sequence[Mapping[int, int | None]]) -> list[Sample]:
    """One sample a tick and point."""
    return [sample(t, v, point=n) for n, ticks in enumerate(said) for t, v in sorted(ticks.items())]


Bounds = tuple[Fraction, Fraction] | None


def interval(
    building: Site, said: Sequence[Mapping[int, int | None]], stated: Sequence[Declared]
) -> tuple[Bounds, int]:
    """Availability of the first item over the twenty ticks, and how many of them are unknown."""
    track = changes_of(folded(building, samples_of(said)).episodes(0, 20, stated), "lift-0/car")
    counted = figures(track, 20).account
    return counted.interval, counted.unknown


@given(st.sampled_from(RULES), st.lists(ticks, min_size=2, max_size=2), stretches, st.data())
def test_the_interval_holds_the_truth_however_the_unknown_is_filled(
    rule: list[Condition], said: list[dict[int, int | None]], stated: list[Declared], data: st.DataObject
) -> None:
    building = site([rule], hold=HOLD)
    said = said[: len(rule)]
    standing = folded(building, samples_of(said))
    shown = drawn(standing.episodes(0, 20, stated)["lift-0/car"])
    filled: list[dict[int, int | None]] = []
    for fold in standing._rules.folds:
        track = spread(fold, 0, 20, 20)
        held = [next(state for when, state, _ in reversed(track) if when <= t) for t in range(20)]
        for start in {each.start for each in stated} - {0}:
            # What was known when a stretch began is no part of the unknown: its effect was decided by that.
            ((_, state, _),) = spread(fold, start - 1, start, start)
            if state is not State.UNKNOWN:
                held[start - 1] = state
        numbers = {State.UP: 1, State.DOWN: 0, State.NOT_REQUIRED: 2}
        choices = [0, 1, 2] if fold.condition.not_required_for else [0, 1]
        # Under planned work only time that was seen up is up: what is not known there is planned, not up.
        filled.append({
            t: numbers[state]
            if state is not State.UNKNOWN
            else 0
            if shown[t] == "P"
            else data.draw(st.sampled_from(choices))
            for t, state in enumerate(held)
        })  # fmt: skip
    before, _ = interval(building, said, stated)
    truth, unknown = interval(building, filled, stated)
    if not any(each.start == 0 for each in stated):
        assert unknown == 0
    if truth is not None:
        assert before is not None
        assert before[0] <= truth[0] <= truth[1] <= before[1]


@given(
    st.sampled_from(RULES),
    st.lists(ticks, min_size=2, max_size=2),
    stretches,
    st.integers(0, 19),
    st.integers(0, 1),
)
def test_a_good_sample_that_contradicts_nothing_never_widens_the_interval(
    rule: list[Condition], said: list[dict[int, int | None]], stated: list[Declared], when: int, value: int
) -> None:
    building = site([rule], hold=HOLD)
    said = said[: len(rule)]
    before = [t for t in said[0] if t < when]
    if before and said[0][max(before)] is not None and when - max(before) <= HOLD:
        value = said[0][max(before)] or 0
    if when in said[0]:
        return
    old, _ = interval(building, said, stated)
    new, _ = interval(building, [{**said[0], when: value}, *said[1:]], stated)
    if new is not None:
        assert old is not None
        assert old[0] <= new[0] <= new[1]
        # Under planned work what was not known was planned, and may now be up.
        assert new[1] <= old[1] or any(each.state is PLANNED for each in stated)


@given(ticks, st.integers(0, 19), st.integers(0, 1))
def test_no_good_sample_at_all_widens_the_interval_of_one_undeclared_condition(
    said: dict[int, int | None], when: int, value: int
) -> None:
    building = site([[works()]], hold=HOLD)
    _, old = interval(building, [said], [])
    _, new = interval(building, [{when: value, **said}], [])
    assert new <= old


@given(st.lists(ticks, min_size=1, max_size=1), stretches, st.integers(0, 20))
def test_a_window_is_a_cut_out_of_a_longer_one(
    said: list[dict[int, int | None]], stated: list[Declared], start: int
) -> None:
    standing = folded(site([[works()]], hold=HOLD), samples_of(said))
    whole = drawn(standing.episodes(0, 20, stated)["lift-0/car"])
    assert drawn(standing.episodes(start, 20, stated)["lift-0/car"]) == whole[start:]

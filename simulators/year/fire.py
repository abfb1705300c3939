"""The fire system: monthly tests of every address on the wire and on paper, linkage tests, drills, alarms."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from simulators.year.building import ALARM, PART_KINDS, TEST_ALARM, Address, Machine
from simulators.year.calendar import DAY, HOUR, MINUTE, SECOND, Period, at, day_of
from simulators.year.spans import Span
from simulators.year.story import Story, Told

TESTS_BEGIN = {"smoke": 9, "heat": 13, "sprinkler": 14, "fire-door": 15, "emergency-light": 16}
"""The hour of the day of the test at which each kind's turn comes."""


def test_addresses(story: Story) -> None:
    """A test of all addresses in each month; in some an address is left out, honestly or not."""
    panel = story.building.machine("fire-panel")
    rng = Random(f"{story.seed} detectors")
    months = story.year.months()
    odd = dict(zip(rng.sample(range(12), k=7), _ODD, strict=True))
    for number, month in enumerate(months):
        _test_month(story, panel, month, odd.get(number, ""), rng)


_ODD = ("left out",) * 2 + ("claimed",) * 3 + ("blind",) + ("without addresses",)


def _test_month(story: Story, panel: Machine, month: Period, odd: str, rng: Random) -> None:
    day = _clear_day(story, panel, day_of(month.start) + timedelta(days=rng.randint(7, 14)))
    start, end = at(day, 8, 30), at(day, 18)
    _declare_test(story, f"T-{month.name}", panel, (start, end))
    watches = {watch.name: watch.signal for watch in panel.watches}
    story.wire.show(watches["test"], start + 10 * MINUTE, end - 10 * MINUTE, True)
    blind_loop = rng.choice(sorted({address.signal.device for address in panel.addresses}))
    for kind in PART_KINDS:
        addresses = [address for address in panel.addresses if address.kind == kind]
        spare = [address for address in addresses if address not in panel.addresses[:8]]  # those go off otherwise
        left_out = rng.sample(spare, k=min(len(spare), rng.randint(1, 3))) if odd in _LEAVES else []
        begun = at(day, TESTS_BEGIN[kind])
        for place, address in enumerate(addresses):
            if address not in left_out:
                moment = begun + place * 50 * SECOND
                story.wire.show(address.signal, moment, moment + 30 * SECOND, TEST_ALARM)
        form = _fill_in_form(story, panel, kind, month, begun, addresses, left_out, odd)
        for address in addresses:
            hidden = odd == "blind" and address.signal.device == blind_loop
            _note(story, address, month, address not in left_out, hidden, "" if odd == "left out" else form)
    if odd == "blind":
        story.wire.cut(blind_loop, start, end)


_LEAVES = ("left out", "claimed", "without addresses")


def _clear_day(story: Story, panel: Machine, day: date) -> date:
    """The first day from ``day`` on of which every loop and the panel can be seen throughout, without a fault."""
    devices = {address.signal.device for address in panel.addresses} | {"fire-panel"}
    cuts: list[Span] = [cut for device in devices for cut in story.wire.outages.get(device, [])]
    cuts += [span for unit in panel.units for span in story.down.get(unit.key, [])]
    first = day
    while any(start < at(day, 26) and at(day, -2) < end for start, end in cuts):
        day += timedelta(days=1)
        if day > first + timedelta(days=14):
            raise ValueError(f"no quiet day after {first} for a test: take another seed")
    return day


def _note(story: Story, address: Address, month: Period, tested: bool, blind: bool, form: str) -> None:
    row = {"part": f"fire-panel/{address.id}", "kind": address.kind, "month": month.name, "tested": tested}
    story.truth.tests.append({**row, "blind": blind})
    if not tested:
        about = f"fire-panel/{address.id} {month.name}"
        story.truth.lapse("2.2.1-test", about, month.end, month.name, claimed=form)


def _fill_in_form(
    story: Story, panel: Machine, kind: str, month: Period, begun: int, all_of_kind: list[Address],
    left_out: list[Address], odd: str,
) -> str:  # fmt: skip
    """The form of one kind: what was tested, or all of it, said by address or, once, without any."""
    told = [address.id for address in all_of_kind if odd != "left out" or address not in left_out]
    name = story.records.add(
        "test", f"FT-{kind}-{month.name}", begun + 3 * HOUR, equipment=panel.id, performed_at=begun,
        finished_at=begun + len(all_of_kind) * 50 * SECOND, part_kind=kind,
        addresses=None if odd == "without addresses" else tuple(told), person="E-2",
    )  # fmt: skip
    if odd in ("claimed", "without addresses") and left_out:
        why = f"claims {len(left_out)} addresses that were not tested"
        story.truth.false_claim(name, "2.2.1-test", month.name, why)
    if odd == "without addresses":
        story.truth.miss("1.2-execution", name, begun, month.name)
    return name


def _declare_test(story: Story, name: str, panel: Machine, window: Span) -> None:
    start, end = window
    story.records.add(
        "declaration", name, start - DAY, items=(panel.id,), state="planned", start=start, end=end,
        panel_test=True, reason="月度检测",
    )  # fmt: skip


def test_linkage(story: Story) -> None:
    """A linkage test each quarter; one without the fire department, one on paper only."""
    rng = Random(f"{story.seed} linkage")
    panel = story.building.machine("fire-panel")
    pumps = story.building.of_kind("fire-pump")
    odd = dict(zip(rng.sample(range(4), k=2), ("alone", "on paper"), strict=True))
    for number, quarter in enumerate(story.year.quarters()):
        sort = odd.get(number, "")
        day = day_of(quarter.start) + timedelta(days=rng.randint(24, 33))
        machines = [panel, *pumps]
        while _is_disturbed(story, machines, at(day, 7), at(day, 13)):
            day += timedelta(days=1)
        start, end = at(day, 9), at(day, 11)
        _declare_test(story, f"L-{quarter.name}", panel, (start - HOUR, end + HOUR))
        if sort != "on paper":
            _link(story, panel, pumps, start)
        name = story.records.add(
            "linkage-test", f"LT-{quarter.name}", end + HOUR, performed_at=start, finished_at=end,
            attendance="none" if sort == "alone" else "authority",
            attendees="工程主管" if sort == "alone" else "消防救援站", parts=tuple(pump.id for pump in pumps),
        )  # fmt: skip
        if sort == "alone":
            story.truth.lapse("2.2.1-linkage", f"tower {quarter.name}", quarter.end, quarter.name)
        if sort == "on paper":
            why = "no alarm, no pump: nothing happened on the wire"
            story.truth.false_claim(name, "2.2.1-linkage", quarter.name, why)
            story.truth.lapse("2.2.1-linkage", f"tower {quarter.name}", quarter.end, quarter.name, claimed=name)


def _link(story: Story, panel: Machine, pumps: list[Machine], start: int) -> None:
    watches = {watch.name: watch.signal for watch in panel.watches}
    detector = panel.addresses[0]
    story.wire.show(watches["test"], start, start + 90 * MINUTE, True)
    story.wire.show(detector.signal, start + 10 * MINUTE, start + 20 * MINUTE, TEST_ALARM)
    story.wire.show(watches["alarm"], start + 10 * MINUTE, start + 20 * MINUTE, True)
    for pump in pumps:
        story.wire.show(pump.watches[0].signal, start + 11 * MINUTE, start + 19 * MINUTE, True)


def _is_disturbed(story: Story, machines: list[Machine], start: int, end: int) -> bool:
    """Whether any of the machines cannot be seen, or is down, anywhere near ``[start, end)``."""
    units = [unit for machine in machines for unit in machine.units]
    spans = [span for unit in units for span in story.down.get(unit.key, [])]
    spans += [cut for unit in units if unit.signal for cut in story.wire.blind(unit.signal)]
    return any(begin - 2 * HOUR < end and start < until + 2 * HOUR for begin, until in spans)


def drill(story: Story) -> None:
    """Two fire drills of the whole building and a rescue drill."""
    for name, month, subject, covers in (
        ("DR-1", 4, "fire", ("all",)),
        ("DR-2", 7, "rescue", ("all",)),
        ("DR-3", 10, "fire", ("all",)),
    ):
        when = at(story.year.day(month, 16), 14)
        story.records.add(
            "drill", name, when + 3 * HOUR, performed_at=when, subject=subject, covers=covers, participants=150,
            person="安保主管",
        )  # fmt: skip


def raise_alarms(story: Story) -> None:
    """Two fires: one is answered at once, one too late."""
    panel = story.building.machine("fire-panel")
    alarm = panel.watches[0].signal
    for number, minutes in enumerate((4, 21)):
        day = _clear_day(story, panel, story.year.day(5 + 4 * number, 19))
        start = at(day, 13, 20)
        story.wire.show(panel.addresses[7].signal, start, start + 40 * MINUTE, ALARM)
        story.wire.show(alarm, start, start + 40 * MINUTE, True)
        accepted = start + minutes * MINUTE
        steps = {
            "reported_at": start + MINUTE, "accepted_at": accepted, "arrived_at": accepted + MINUTE,
            "repaired_at": start + 40 * MINUTE, "verified_at": start + 80 * MINUTE, "closed_at": start + 3 * HOUR,
        }  # fmt: skip
        told = Told(
            "fire-panel/alarm",
            ((start, start + 40 * MINUTE),),
            "fire alarm",
            True,
            f"WF-{number}",
            steps,
            repairs=False,
        )
        story.records.grow(
            "work-order", f"WF-{number}", steps, equipment=panel.id, reported_by="telemetry", emergency=True,
            technician="S-2",
        )  # fmt: skip
        story.told.append(told)
        story.visits.setdefault(panel.id, []).append(steps["arrived_at"])

"""Care of the critical equipment: plans, daily rounds, monthly services, yearly overhauls, test runs."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from simulators.year.building import Machine
from simulators.year.calendar import DAY, HOUR, MINUTE, Period, at, day_of
from simulators.year.story import Story

ROUNDS = {"lift": (8, "E-1"), "fire-panel": (9, "E-2"), "fire-pump": (9, "E-2"), "generator": (10, "E-3")}
"""At which hour who looks at the critical equipment of each kind."""

RUN_MINUTES = {"fire-pump": 12, "generator": 35}
"""How long what is run at its service runs."""


def plan(story: Story) -> None:
    """A preventive plan for each critical machine; one of the lifts gets its own in February only."""
    for machine in story.building.critical():
        first = date(story.year.number - 1, 12, 1)
        if machine.id == "lift-2":
            first = story.year.day(2, 10)
            story.truth.not_standing("1.4-plan", story.year.start, at(first), "no plan for lift-2")
        story.records.add(
            "plan", f"PL-{machine.id}", at(first) - HOUR, equipment=(machine.id,), valid_from=first,
            levels=("daily", "monthly", "annual"),
        )  # fmt: skip


def walk_rounds(story: Story) -> None:
    """A round a day for each kind of critical equipment: some skipped, some past a machine, some by others."""
    rng = Random(f"{story.seed} rounds")
    days = list(story.year.days())
    for kind, (hour, person) in ROUNDS.items():
        machines = [machine.id for machine in story.building.of_kind(kind)]
        odd = dict(zip(rng.sample(days, k=13), _ODD, strict=True))
        for day in days:
            _walk(story, day, kind, machines, at(day, hour, rng.randint(0, 50)), person, odd.get(day, ""), rng)


_ODD = ("skipped",) * 3 + ("passed by",) * 4 + ("by others",) * 2 + ("late entry",) * 3 + ("at the last minute",)


def _walk(
    story: Story, day: date, kind: str, machines: list[str], when: int, person: str, odd: str, rng: Random
) -> None:
    missed = list(machines) if odd in ("skipped", "by others") else []
    if odd == "passed by":
        missed = [rng.choice(machines)]
    for machine in missed:
        story.truth.lapse("1.4-daily", f"{machine} {day}", at(day, 24), day.isoformat())
    seen = tuple(machines) if odd == "by others" else tuple(each for each in machines if each not in missed)
    if not seen:
        return
    if odd == "at the last minute":
        when = at(day, 23, 59, 59)
    made = when + 6 * DAY if odd == "late entry" else when
    performer = "other" if odd == "by others" else "in-house"
    name = story.records.add(
        "round", f"R-{kind}-{day}", made, equipment=seen, performed_at=when, performer=performer, person=person
    )
    if odd == "late entry":
        story.truth.late_entries.append(name)


def service_monthly(story: Story) -> None:
    """A monthly service of each critical machine, with a report; pumps and generators run, or are said to."""
    rng = Random(f"{story.seed} services")
    for machine in story.building.critical():
        _service_before(story, machine)
    obligations = [(machine, month) for machine in story.building.critical() for month in story.year.months()]
    odd = dict(zip(rng.sample(range(len(obligations)), k=10), _SERVICES, strict=True))
    runners = [n for n, (machine, _) in enumerate(obligations) if machine.kind in RUN_MINUTES and n not in odd]
    odd |= dict.fromkeys(rng.sample(runners, k=min(5, len(runners))), "never done")
    lifts = [n for n, (machine, _) in enumerate(obligations) if machine.kind == "lift" and n not in odd]
    odd |= dict.fromkeys(rng.sample(lifts, k=3), "never done")
    for number, (machine, month) in enumerate(obligations):
        _service(story, machine, month, odd.get(number, ""), rng)


NEVER = "said to have been run, but it stood still all month"
NEVER_THERE = "nobody ever put the lift into inspection mode"
_SERVICES = ("skipped",) * 4 + ("no report",) * 2 + ("in-house",) * 2 + ("late entry",) * 2


def _service(story: Story, machine: Machine, month: Period, odd: str, rng: Random) -> None:
    about = f"{machine.id} {month.name}"
    when = at(day_of(month.start) + timedelta(days=rng.randint(10, 18)), 10) + rng.randint(0, 300) * MINUTE
    when = _clear(story, machine, when)
    if when > month.end - 8 * HOUR:  # the machine stood still to the month's end: nobody could service it
        odd = "skipped"
    if odd in ("skipped", "no report", "in-house"):
        story.truth.lapse("1.4-monthly", about, month.end, month.name)
    if odd == "skipped":
        return
    if odd != "never done":
        _leave_a_trace(story, machine, when, month.name)
    name = story.records.add(
        "service", f"SV-{machine.id}-{month.name}", when + (9 * DAY if odd == "late entry" else 3 * HOUR),
        equipment=(machine.id,), performed_at=when,
        performer="in-house" if odd == "in-house" else "specialist", organisation=machine.maintainer,
        report=None if odd == "no report" else f"JC-{machine.id}-{month.name}", ran=machine.kind in RUN_MINUTES,
    )  # fmt: skip
    if odd == "late entry":
        story.truth.late_entries.append(name)
    if odd == "no report" and machine.kind == "lift":
        story.truth.miss("1.2-execution", name, when, month.name)
    if odd == "never done" and machine.kind != "fire-panel":
        why = NEVER_THERE if machine.kind == "lift" else NEVER
        story.truth.false_claim(name, "1.4-monthly", month.name, why)
        story.truth.lapse("1.4-monthly", about, month.end, month.name, claimed=name)


def _clear(story: Story, machine: Machine, when: int) -> int:
    """The same time of the first day from then on around which nothing else is the matter with the machine."""
    signals = [unit.signal for unit in machine.units if unit.signal]
    cuts = [cut for signal in signals for cut in story.wire.blind(signal)]
    cuts += [span for unit in machine.units for span in story.down.get(unit.key, [])]
    while any(start - 2 * DAY < when < end + 2 * DAY for start, end in cuts):
        when += DAY
    return when


def _leave_a_trace(story: Story, machine: Machine, when: int, name: str) -> None:
    """What a service leaves on the wire: a pump or generator runs, a lift is put into inspection mode."""
    if machine.kind in RUN_MINUTES:
        run = machine.watches[0].signal
        story.wire.show(run, when + 20 * MINUTE, when + (20 + RUN_MINUTES[machine.kind]) * MINUTE, True)
    if machine.kind == "lift":
        attend(story, f"M-{machine.id}-{name}", machine, when, when + 90 * MINUTE)


def attend(story: Story, name: str, lift: Machine, start: int, end: int) -> None:
    """Planned work on a lift, declared the day before: it is in inspection mode meanwhile."""
    car = lift.units[0]
    assert car.signal is not None
    story.wire.show(car.signal, start + 10 * MINUTE, end, 8)
    story.fail(car.key, start + 10 * MINUTE, end)
    story.visits.setdefault(lift.id, []).append(start + 10 * MINUTE)
    window = (start, end + 30 * MINUTE)
    story.records.add(
        "declaration",
        name,
        start - DAY,
        items=(car.key,),
        state="planned",
        start=start,
        end=window[1],
        reason="保养",
    )
    story.planned.setdefault(car.key, []).append(window)


def _service_before(story: Story, machine: Machine) -> None:
    """Three services of the year before, brought in at go-live, as the ledger owes them."""
    for number, days in enumerate((75, 45, 16)):
        when = story.year.start - days * DAY + 10 * HOUR
        story.records.add(
            "service", f"SV-{machine.id}-before-{number}", when, equipment=(machine.id,), performed_at=when,
            performer="specialist", organisation=machine.maintainer, report=f"JC-{machine.id}-before-{number}",
            imported=True,
        )  # fmt: skip


def overhaul_yearly(story: Story) -> None:
    """An overhaul of each critical machine, assessed by others: one missing, one assessed by its maintainer."""
    rng = Random(f"{story.seed} overhauls")
    critical = story.building.critical()
    odd = dict(zip(rng.sample(range(len(critical)), k=2), ("missing", "own assessor"), strict=True))
    for number, machine in enumerate(critical):
        if number in odd:
            story.truth.lapse(
                "1.4-annual", f"{machine.id} {story.year.number}", story.year.end, str(story.year.number)
            )
        if odd.get(number) == "missing":
            continue
        when = _clear(story, machine, at(story.year.day(rng.randint(3, 10), rng.randint(22, 28)), 9))
        if machine.kind == "lift":
            attend(story, f"O-{machine.id}", machine, when, when + 6 * HOUR)
        story.records.add(
            "overhaul", f"OH-{machine.id}", when + 2 * DAY, equipment=(machine.id,), performed_at=when,
            organisation=machine.maintainer,
            assessor=machine.maintainer if odd.get(number) == "own assessor" else "第三方检测机构",
            report=f"PG-{machine.id}",
        )  # fmt: skip


def service_the_rest(story: Story) -> None:
    """Three services of everything else, of the year before: the ledger owes the last three."""
    for machine in story.building.machines:
        if not machine.critical:
            _service_before(story, machine)

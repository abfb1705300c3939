"""What breaks, who comes, and what the wire shows of it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from simulators.year.building import NIGHT, Unit
from simulators.year.calendar import DAY, HOUR, MINUTE, SECOND, at, day_of
from simulators.year.orders import plan_steps, write_order
from simulators.year.spans import Span, holds
from simulators.year.story import Story, Told

QUIET = 30 * HOUR
"""Two faults of one item are at least this far apart, save those that are told as one."""

OPERATOR = "值班员"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: down over ``spans``, which are more than one where it comes and goes."""

    unit: Unit
    spans: tuple[Span, ...]
    sort: str
    """plain, chatter, relapse, or blip: too short to be a fault."""

    @property
    def start(self) -> int:
        """When it began."""
        return self.spans[0][0]

    @property
    def end(self) -> int:
        """When it was over for good."""
        return self.spans[-1][1]


def break_things(story: Story) -> list[Fault]:
    """Faults of every item with a wire, in the order of the building; some chatter, relapse or merely blink."""
    found: list[Fault] = []
    for unit in story.building.units():
        if unit.signal is None or unit.switched_off:
            continue
        great = [fault for fault in _great_ones(story) if fault.unit is unit]
        found += great
        for fault in _faults_of(story, unit, Random(f"{story.seed} faults {unit.key}")):
            if not any(
                fault.start < other.end + 2 * QUIET and other.start < fault.end + 2 * QUIET for other in great
            ):
                found.append(fault)
    return found


def _great_ones(story: Story) -> list[Fault]:
    """In March two lifts stand still for weeks; in August water gets into three video recorders."""
    march, august = at(story.year.day(3, 3), 11), at(story.year.day(8, 6), 4)
    lifts = [machine.units[0] for machine in story.building.of_kind("lift")[:2]]
    cameras = [unit for machine in story.building.of_kind("recorder")[:3] for unit in machine.units]
    return [
        *(Fault(unit, ((march + n * HOUR, march + 25 * DAY),), "plain") for n, unit in enumerate(lifts)),
        *(Fault(unit, ((august, august + 9 * DAY),), "plain") for unit in cameras),
    ]


def _faults_of(story: Story, unit: Unit, rng: Random) -> list[Fault]:
    found: list[Fault] = []
    cursor = story.year.start + HOUR
    while True:
        cursor += QUIET + _seconds(rng.expovariate(1 / max(1.0, unit.mtbf_h - 30)) * 3600)
        start = _in_the_day(cursor) if unit.rests else cursor
        end = start + 45 * MINUTE + _seconds(rng.expovariate(1 / unit.mttr_h) * 3600)
        if end > story.year.end - 3 * DAY:
            return found
        fault = _sorted_out(unit, start, end, rng)
        found.append(fault)
        cursor = fault.end


def _sorted_out(unit: Unit, start: int, end: int, rng: Random) -> Fault:
    draw = rng.random()
    if draw < 0.02:
        return Fault(unit, ((start, start + 20 * SECOND),), "blip")
    if unit.rests:  # coming and going would run into the night
        return Fault(unit, ((start, end),), "plain")
    if draw < 0.04:
        turns = ((start + n * 8 * MINUTE, start + n * 8 * MINUTE + 90 * SECOND) for n in range(4))
        return Fault(unit, tuple(turns), "chatter")
    if draw < 0.06 and end - start < 20 * HOUR:
        again = end + _seconds(rng.uniform(2, 12) * 3600)
        return Fault(unit, ((start, end), (again, again + _seconds(rng.uniform(2, 16) * 3600))), "relapse")
    return Fault(unit, ((start, end),), "plain")


def tell_fault(story: Story, number: int, fault: Fault) -> None:
    """Put one fault on the wire, into the work orders and into the truth."""
    for span in fault.spans:
        story.fail(fault.unit.key, *span)
    if fault.sort == "blip":
        _show(story, fault, None)
        return
    rng = Random(f"{story.seed} order {fault.unit.key} {fault.start}")
    hidden = _hidden(story, fault)
    if hidden and rng.random() < 0.5:
        _show(story, fault, None)
        story.told.append(Told(fault.unit.key, fault.spans, "unseen", fault.unit.emergency, None, {}))
        return
    again = fault.sort == "relapse"
    turns = fault.spans if again else ((fault.start, fault.end),)
    for turn, span in enumerate(turns):
        steps = plan_steps(rng, *span, emergency=fault.unit.emergency)
        name = f"W-{number}" + f"-{turn + 1}" * again
        told = Told(fault.unit.key, (span,), fault.sort, fault.unit.emergency, name, steps, repairs=not again)
        write_order(story, told, OPERATOR if hidden else "telemetry", f"E-{rng.randint(1, 3)}")
        story.told.append(told)
        if turn == 0:
            _show(story, fault, steps["arrived_at"])
    if again:  # the clock of the first runs until the second is over
        chain = Told(
            fault.unit.key,
            fault.spans,
            "chain",
            fault.unit.emergency,
            f"W-{number}-1",
            {},
            counts=False,
        )
        story.told.append(chain)


def _hidden(story: Story, fault: Fault) -> bool:
    """Whether the wire shows nothing of it."""
    cuts = story.wire.blind(fault.unit.signal) if fault.unit.signal else []
    return any(start < fault.start and fault.end <= end for start, end in cuts)


def _show(story: Story, fault: Fault, arrived: int | None) -> None:
    signal = fault.unit.signal
    assert signal is not None
    for start, end in fault.spans:
        story.wire.show(signal, start, end, fault.unit.bad)
        if signal.key.endswith("-mode") and arrived is not None and start < arrived < end:
            story.wire.show(signal, arrived, end, 8)  # the technician puts the lift into inspection mode


def trap_people(story: Story) -> None:
    """People are caught in a lift: five times, of which help comes too late once."""
    rng = Random(f"{story.seed} trapped")
    lifts = story.building.of_kind("lift")
    for number in range(5):
        lift = lifts[number * 3 % len(lifts)]
        watch, car = lift.watches[0], lift.units[0]
        start = at(story.year.day(2 + 2 * number, rng.randint(1, 28)), rng.randint(7, 20), rng.randint(0, 59))
        while _near(story, car, start):
            start += DAY
        end = start + 40 * MINUTE
        story.wire.show(watch.signal, start, start + 25 * MINUTE, True)
        story.wire.show(car.signal or watch.signal, start, end, car.bad)
        story.fail(car.key, start, end)
        accepted = start + (18 if number == 3 else rng.randint(3, 12)) * MINUTE
        steps = {
            "reported_at": start + MINUTE, "accepted_at": accepted, "arrived_at": accepted + 2 * MINUTE,
            "repaired_at": end, "verified_at": end + 35 * MINUTE, "closed_at": end + HOUR,
        }  # fmt: skip
        told = Told(car.key, ((start, end),), "stuck", True, f"WE-{number}", steps)
        write_order(story, told, "telemetry", "E-2")
        story.told.append(told)
        trapped = Told(
            f"{lift.id}/{watch.name}", ((start, start + 25 * MINUTE),), "trapped", True, None, steps, repairs=False
        )
        story.told.append(trapped)


def _near(story: Story, unit: Unit, start: int) -> bool:
    assert unit.signal is not None
    spans = [*story.down.get(unit.key, []), *story.wire.blind(unit.signal)]
    return any(begin - QUIET < start < end + QUIET for begin, end in spans)


def cut_wires(story: Story, faults: list[Fault]) -> None:
    """Outages of whole devices: some at random, some right over a fault or over one of its ends."""
    rng = Random(f"{story.seed} outages")
    year = story.year
    for device in sorted({signal.device for signal in story.building.signals.values()}):
        for _ in range(rng.randint(0, 2)):
            start = _minutes(rng.uniform(year.start + 2 * DAY, year.end - 4 * DAY))
            _cut(story, device, start, start + rng.randint(10, 1200) * MINUTE)
    june = at(year.day(6, 8), 1)
    for recorder in story.building.of_kind("recorder")[3:9]:  # long enough to leave the month undecided
        signal = recorder.units[0].signal
        assert signal is not None
        _cut(story, signal.device, june, june + 7 * DAY)
    chosen = rng.sample([fault for fault in faults if fault.sort == "plain"], k=min(len(faults) // 8, 45))
    for number, fault in enumerate(chosen):
        assert fault.unit.signal is not None
        lead, tail = rng.randint(20, 300) * MINUTE, rng.randint(20, 300) * MINUTE
        start, end = fault.start - lead, fault.end + tail
        if number % 3 == 1:
            start = fault.start + (fault.end - fault.start) // 2
        elif number % 3 == 2:
            end = fault.start + (fault.end - fault.start) // 2
        if end - start > 10 * MINUTE:
            _cut(story, fault.unit.signal.device, _minutes(start), _minutes(end))


def _cut(story: Story, device: str, start: int, end: int) -> None:
    near = story.wire.outages.get(device, [])
    if start > story.year.start + DAY and not any(s - 2 * HOUR < end and start < e + 2 * HOUR for s, e in near):
        story.wire.cut(device, start, end)


def _seconds(seconds: float) -> int:
    return int(seconds) * SECOND


def _minutes(instant: float) -> int:
    return int(instant // MINUTE) * MINUTE


def _in_the_day(instant: int) -> int:
    """The instant itself, or, where it is in the night, noon of the next day."""
    day = day_of(instant)
    awake: Span = (at(day, NIGHT[1] + 1), at(day, NIGHT[0] - 1))
    return instant if holds([awake], instant) else at(day, 36)

"""What the building is: its machines, their functional items, and the points they are read from."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date
from itertools import accumulate

Value = bool | int

CAR_IS_FINE = (1, 2, 3, 4, 5, 7)
"""Lift car modes (BACnet) in which people are carried; 8 is inspection, 12 out of service."""

QUIET, ALARM, TEST_ALARM = 0, 2, 9
"""States of a detector (BACnet life-safety states)."""

SYSTEMS = {
    "lifts": "电梯",
    "fire": "消防",
    "power": "供配电",
    "hvac": "空调",
    "water": "给排水",
    "security": "安防",
    "automation": "楼宇自控",
    "network": "通信网络",
    "parking": "停车场",
    "amenities": "会议与餐饮",
    "structure": "建筑本体",
}

PART_KINDS = {"smoke": 60, "heat": 15, "sprinkler": 8, "fire-door": 7, "emergency-light": 10}
"""Kinds of fire equipment that are tested each month, with their share of a hundred addresses."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A point on the wire and the value it has when nothing is the matter."""

    key: str
    base: Value

    @property
    def device(self) -> str:
        """The id of the device it is read from."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Unit:
    """A functional item; one without a signal is looked at by people, whose word holds ``inspected_days``.

    ``good`` are the values of its point with which it is usable, ``bad`` the one a fault shows. ``mtbf_h`` and
    ``mttr_h``: hours between faults and to repair one, on average.
    """

    key: str
    name: str
    mtbf_h: float
    mttr_h: float
    signal: Signal | None = None
    good: tuple[Value, ...] = (True,)
    bad: Value = False
    life_safety: bool = False
    emergency: bool = False
    rests: bool = False
    """Whether nobody needs it at night: `NIGHT`."""
    switched_off: bool = False
    """Whether it is switched off then as well."""
    inspected_days: int = 0

    @property
    def machine(self) -> str:
        """The id of the equipment it belongs to."""
        return self.key.partition("/")[0]


NIGHT = (22, 6)
"""From this hour to that one of the next morning, every day, the items that rest are not required."""


@dataclass(frozen=True, slots=True)
class Watched:
    """Something that happens while ``signal`` has the value ``when``."""

    name: str
    category: str
    signal: Signal
    when: Value
    at_least_s: int = 0


@dataclass(frozen=True, slots=True)
class Address:
    """A detector, sprinkler zone, fire door or emergency light with its point."""

    id: str
    kind: str
    signal: Signal


@dataclass(frozen=True, slots=True)
class Machine:
    """One piece of equipment of the ledger."""

    id: str
    name: str
    system: str
    kind: str
    subfamily: str
    units: tuple[Unit, ...]
    critical: bool = False
    watches: tuple[Watched, ...] = ()
    addresses: tuple[Address, ...] = ()
    maintainer: str = "维保公司"
    installed: date = date(2019, 6, 1)


@dataclass(slots=True)
class Building:
    """The whole. ``signals`` holds every point once, by key."""

    machines: list[Machine] = field(default_factory=list)
    signals: dict[str, Signal] = field(default_factory=dict)

    def units(self) -> list[Unit]:
        """Every functional item."""
        return [unit for machine in self.machines for unit in machine.units]

    def machine(self, name: str) -> Machine:
        """One piece of equipment by its id."""
        return next(machine for machine in self.machines if machine.id == name)

    def of_kind(self, kind: str) -> list[Machine]:
        """All equipment of one kind."""
        return [machine for machine in self.machines if machine.kind == kind]

    def critical(self) -> list[Machine]:
        """Equipment that is owed rounds, services and overhauls."""
        return [machine for machine in self.machines if machine.critical]

    def signal(self, device: str, point: str, base: Value) -> Signal:
        """A new point."""
        made = Signal(f"{device}/{point}", base)
        self.signals[made.key] = made
        return made


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of plain equipment: each machine has ``units`` items that are read as one bit each."""

    kind: str
    name: str
    system: str
    subfamily: str
    count: int
    units: int
    mtbf_h: float
    mttr_h: float
    on_a_device: int = 10
    """How many machines share a gateway."""
    rests: bool = False
    wired: bool = True


PLAIN = (
    Sort("switchboard", "配电柜", "power", "distribution", 25, 1, 20_000, 6),
    Sort("transformer", "变压器", "power", "distribution", 4, 1, 40_000, 10),
    Sort("meter-board", "电表箱", "power", "distribution", 8, 10, 15_000, 20),
    Sort("ahu", "空调机组", "hvac", "hvac", 80, 1, 2_500, 16),
    Sort("office-ahu", "办公空调机组", "hvac", "hvac", 40, 1, 2_500, 16, rests=True),
    Sort("chiller", "冷水机组", "hvac", "hvac", 6, 1, 3_000, 30, 3),
    Sort("cooling-tower", "冷却塔", "hvac", "hvac", 6, 1, 4_000, 20, 3),
    Sort("hvac-pump", "空调水泵", "hvac", "hvac", 40, 1, 6_000, 14),
    Sort("water-pump", "生活水泵", "water", "water", 12, 1, 6_000, 8, 6),
    Sort("sump-pump", "排污泵", "water", "water", 24, 1, 5_000, 12, 12),
    Sort("gate-controller", "门禁控制器", "security", "security", 6, 10, 7_000, 9, 2),
    Sort("controller", "直接数字控制器", "automation", "building-automation", 30, 1, 15_000, 8),
    Sort("switch", "网络交换机", "network", "network", 50, 1, 20_000, 4, 25),
    Sort("barrier", "道闸", "parking", "parking", 6, 1, 1_500, 6, 6),
    Sort("meeting-room", "会议室", "amenities", "conference", 10, 1, 6_000, 40, wired=False),
    Sort("kitchen", "餐饮区", "amenities", "catering", 6, 1, 6_000, 40, wired=False),
    Sort("structure", "主体结构", "structure", "structure", 4, 1, 50_000, 60, wired=False),
    Sort("curtain-wall", "幕墙", "structure", "curtain-wall", 12, 1, 12_000, 60, wired=False),
    Sort("decoration", "公共装修", "structure", "public-decoration", 20, 1, 8_000, 50, wired=False),
)
"""For a building of a thousand items."""

RECORDER = Sort("recorder", "视频录像机", "security", "security", 0, 40, 6_000, 10, 1)
"""Cameras fill the building up to its number of items."""

SMALLEST = 100
"""Fewer items do not make a whole building."""


def make_building(items: int) -> Building:
    """A building with exactly so many functional items, of every family; at least `SMALLEST`."""
    if items < SMALLEST:
        raise ValueError(f"{items} items do not make a whole building: give at least {SMALLEST}")
    building = Building()
    _add_lifts(building, max(2, items * 20 // 1000))
    _add_fire(building, loops=max(2, items * 8 // 1000), addresses_a_loop=50)
    _add_generators(building, 2)
    for sort in PLAIN:
        _add_plain(building, sort, max(1, items * sort.count // 1000), sort.units)
    missing = items - len(building.units())
    full, rest = divmod(missing, RECORDER.units)
    _add_plain(building, RECORDER, full, RECORDER.units)
    if rest:
        _add_plain(building, RECORDER, 1, rest, first=full + 1)
    return building


def _add_plain(building: Building, sort: Sort, machines: int, units: int, first: int = 1) -> None:
    for number in range(first, first + machines):
        name = f"{sort.kind}-{number}"
        device = f"{sort.kind}-gateway-{(number - 1) // sort.on_a_device + 1}"
        made = []
        for unit in range(1, units + 1):
            key = "works" if units == 1 else f"way-{unit}"
            signal = building.signal(device, f"{name}-{key}", True) if sort.wired else None
            made.append(
                Unit(
                    f"{name}/{key}", f"{sort.name}{number}", sort.mtbf_h, sort.mttr_h, signal,
                    rests=sort.rests, switched_off=sort.rests and number <= 2,
                    inspected_days=0 if sort.wired else 31,
                )
            )  # fmt: skip
        building.machines.append(
            Machine(name, f"{number}号{sort.name}", sort.system, sort.kind, sort.subfamily, tuple(made))
        )


def _add_lifts(building: Building, count: int) -> None:
    for number in range(1, count + 1):
        name, device = f"lift-{number}", f"lift-gateway-{(number - 1) // 5 + 1}"
        car = building.signal(device, f"{name}-mode", 1)
        trapped = building.signal(device, f"{name}-trapped", False)
        intercom = building.signal(device, f"{name}-intercom", True)
        recall = building.signal(device, f"{name}-recall", True)
        units = (
            Unit(f"{name}/car", f"{number}号电梯运行", 1_500, 8, car, CAR_IS_FINE, 12),
            Unit(f"{name}/intercom", f"{number}号电梯对讲", 8_000, 8, intercom, emergency=True),
            Unit(f"{name}/recall", f"{number}号电梯迫降", 15_000, 8, recall, life_safety=True),
        )
        watches = (
            Watched("trapped", "entrapment", trapped, True),
            Watched("at-work", "at-work", car, 8),
        )
        building.machines.append(
            Machine(
                name, f"{number}号电梯", "lifts", "lift", "lifts", units, True, watches, maintainer="电梯维保公司"
            )
        )


def _add_fire(building: Building, loops: int, addresses_a_loop: int) -> None:
    units = []
    functions = [f"loop-{number}" for number in range(1, loops + 1)] + ["main-power", "standby-power", "linkage"]
    for function in functions:
        signal = building.signal("fire-panel", function, True)
        units.append(
            Unit(
                f"fire-panel/{function}",
                f"火灾报警 {function}",
                9_000,
                4,
                signal,
                life_safety=True,
                emergency=True,
            )
        )
    alarm = building.signal("fire-panel", "alarm", False)
    test = building.signal("fire-panel", "test", False)
    watches = (Watched("alarm", "fire-alarm", alarm, True), Watched("test", "test-mode", test, True))
    addresses = tuple(
        _address(building, loop, number)
        for loop in range(1, loops + 1)
        for number in range(1, addresses_a_loop + 1)
    )
    building.machines.append(
        Machine(
            "fire-panel", "火灾报警控制器", "fire", "fire-panel", "fire", tuple(units), True, watches, addresses,
            maintainer="消防维保公司",
        )
    )  # fmt: skip
    for number in (1, 2):
        _add_pump(building, number)


def _address(building: Building, loop: int, number: int) -> Address:
    steps = list(accumulate(PART_KINDS.values()))
    kind = list(PART_KINDS)[bisect_right(steps, number * 37 % 100)]
    signal = building.signal(f"loop-{loop}", f"a-{number:03}", QUIET)
    return Address(f"{loop}-{number:03}", kind, signal)


def _add_pump(building: Building, number: int) -> None:
    name = f"fire-pump-{number}"
    ready = building.signal("pump-room", f"{name}-ready", True)
    automatic = building.signal("pump-room", f"{name}-automatic", True)
    run = building.signal("pump-room", f"{name}-run", False)
    units = (
        Unit(f"{name}/ready", f"{number}号消防泵", 6_000, 10, ready, life_safety=True),
        Unit(f"{name}/automatic", f"{number}号消防泵自动", 10_000, 3, automatic, life_safety=True),
    )
    watches = (Watched("run", "run", run, True, 60),)
    building.machines.append(
        Machine(
            name, f"{number}号消防泵", "fire", "fire-pump", "fire", units, True, watches, maintainer="消防维保公司"
        )
    )


def _add_generators(building: Building, count: int) -> None:
    for number in range(1, count + 1):
        name = f"generator-{number}"
        ready = building.signal(f"generator-{number}", "ready", True)
        run = building.signal(f"generator-{number}", "run", False)
        units = (Unit(f"{name}/ready", f"{number}号备用发电机", 5_000, 14, ready, life_safety=True),)
        watches = (Watched("run", "run", run, True, 600),)
        building.machines.append(
            Machine(
                name, f"{number}号备用发电机", "power", "generator", "distribution", units, True, watches,
                maintainer="发电机维保公司",
            )
        )  # fmt: skip

"""The site as judging sees it: systems, equipment, functional items and the rules that say when one is usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from evaluators.model.energy import EnergyProfile, Meter
from evaluators.model.samples import Value, ValueKind


@dataclass(frozen=True, slots=True)
class Point:
    """One measured or state value. ``key`` is ``device/point``, unique in the site.

    ``hold_ns``: how long a value stands for the time after it (3 poll periods). Two good samples further apart
    than this leave everything between them unknown. ``counter``: a register that only grows, such as a meter's.
    """

    key: str
    kind: ValueKind
    name: str
    unit: str
    hold_ns: int
    counter: bool = False

    @property
    def device(self) -> str:
        """The id of the device it is read from."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Condition:
    """What one point says of an item: usable when its value is within, unusable when it is not.

    Exactly one of ``one_of`` (any of these values) and the range ``at_least``/``at_most`` (closed, either end
    may be open) decides. Values in ``unknown_for`` say nothing, values in ``not_required_for`` stand the item
    down. ``accept_uncertain``: an uncertain sample counts as a good one, unless nobody has proved its point or the
    object is decoupled from the hardware. ``not_required_while``: the key of a watch; values in
    ``not_required_for`` stand the item down only while it happens, and are unusable while it does not.
    """

    point: str
    one_of: tuple[Value, ...] = ()
    at_least: float | None = None
    at_most: float | None = None
    unknown_for: tuple[Value, ...] = ()
    not_required_for: tuple[Value, ...] = ()
    accept_uncertain: bool = False
    not_required_while: str = ""


class Family(StrEnum):
    """The four families of the ledger that the source names."""

    STRUCTURE = "building"
    """建筑本体"""
    ELECTROMECHANICAL = "electromechanical"
    """机电系统"""
    INTELLIGENT = "intelligent"
    """智能化系统"""
    AMENITIES = "amenities"
    """配套设施"""


class Subfamily(StrEnum):
    """The fourteen subfamilies that the source names, each of one family."""

    STRUCTURE = "structure"
    CURTAIN_WALL = "curtain-wall"
    DECORATION = "public-decoration"
    LIFTS = "lifts"
    HVAC = "hvac"
    DISTRIBUTION = "distribution"
    WATER = "water"
    SECURITY = "security"
    FIRE = "fire"
    BUILDING_AUTOMATION = "building-automation"
    NETWORK = "network"
    PARKING = "parking"
    CONFERENCE = "conference"
    CATERING = "catering"

    @property
    def family(self) -> Family:
        """The family it belongs to."""
        place = list(Subfamily).index(self)
        sizes = ((3, Family.STRUCTURE), (7, Family.ELECTROMECHANICAL), (11, Family.INTELLIGENT))
        return next((family for upto, family in sizes if place < upto), Family.AMENITIES)


class PartKind(StrEnum):
    """The kinds of fire equipment that are all tested once a month."""

    SMOKE = "smoke"
    HEAT = "heat"
    SPRINKLER = "sprinkler"
    FIRE_DOOR = "fire-door"
    EMERGENCY_LIGHT = "emergency-light"


class Category(StrEnum):
    """What a watch looks out for."""

    ENTRAPMENT = "entrapment"
    FIRE_ALARM = "fire-alarm"
    FLOOD = "flood"
    OTHER_EMERGENCY = "other-emergency"
    RUN = "run"
    """The equipment runs: the trace of a test or an inspection run."""
    PART_TEST = "part-test"
    """A part is in alarm or test: the trace of its test."""
    AT_WORK = "at-work"
    """Somebody works on the equipment, such as a lift in inspection mode."""
    TEST_MODE = "test-mode"
    """The panel says that it is being tested."""

    @property
    def is_emergency(self) -> bool:
        """Whether it calls for help at once."""
        return self in _EMERGENCIES


_EMERGENCIES = {Category.ENTRAPMENT, Category.FIRE_ALARM, Category.FLOOD, Category.OTHER_EMERGENCY}


@dataclass(frozen=True, slots=True)
class Watch:
    """Something that happens while all of its conditions hold. ``key`` is ``equipment/name``."""

    key: str
    name: str
    category: Category
    conditions: tuple[Condition, ...]
    at_least_ns: int = 0
    """How long it has to last to count, such as the shortest run that is a test."""

    @property
    def equipment(self) -> str:
        """The id of the equipment it belongs to."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Part:
    """A detector, sprinkler zone, fire door or emergency light: a part that is tested by itself.

    ``key`` is ``equipment/address``. ``watch`` says when it is in alarm or test, where there is a wire.
    """

    key: str
    kind: PartKind
    watch: Watch | None = None
    installed: date | None = None
    removed: date | None = None

    @property
    def equipment(self) -> str:
        """The id of the equipment it belongs to."""
        return self.key.partition("/")[0]


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Hours of the week: from ``start_s`` to ``end_s``, seconds after midnight in the site's zone, on ``days``
    (0 Monday … 6 Sunday); an end before the start is the next day's.
    """

    days: tuple[int, ...]
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Item:
    """A functional item (功能项): the smallest function whose loss a user or the law would notice.

    It is up when every condition holds, down as soon as one that is known does not, else unknown. ``key`` is
    ``equipment/item``. ``life_safety`` items are always required.
    """

    key: str
    name: str
    conditions: tuple[Condition, ...]
    life_safety: bool = False
    required_from: int | None = None
    """Hand-over: before this instant (ns UTC) the item does not count."""
    emergency: bool = False
    """Whether its fault is an emergency."""
    stand_down: tuple[WeekHours, ...] = ()
    """When it is not required; never for life safety."""
    inspected_days: int = 0
    """Of an item without conditions: for how many days an inspection's result holds."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """One piece of equipment (设备) of the ledger, such as a lift or a fire pump with its panel.

    ``kind`` is a word such as ``lift``, ``fire-pump``, ``generator``, ``fire-panel``. Empty text and None mean
    that the ledger does not say. Dates are the site's.
    """

    id: str
    name: str
    system: str
    items: tuple[Item, ...]
    kind: str = ""
    subfamily: Subfamily | None = None
    model: str = ""
    installed: date | None = None
    handed_over: date | None = None
    """Obligations begin with the first full period after this, or else after ``installed``."""
    removed: date | None = None
    maintenance_cycle: str = ""
    supplier: str = ""
    maintainer: str = ""
    """The organisation that services it."""
    critical: bool = False
    """Whether a preventive plan, daily rounds, monthly services and yearly overhauls are owed."""
    watches: tuple[Watch, ...] = ()
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """A system that is shown beside the site, such as lifts or fire safety."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Site:
    """A building: ``zone`` is an IANA time zone name; ``judged_from`` (ns UTC) is when judging begins."""

    id: str
    name: str
    zone: str
    systems: tuple[System, ...]
    equipment: tuple[Equipment, ...]
    points: tuple[Point, ...]
    judged_from: int | None = None
    area_m2: float | None = None
    """Floor area."""
    handed_over: date | None = None
    """When the building was taken over: records are owed since then."""
    meters: tuple[Meter, ...] = ()
    energy: EnergyProfile = field(default_factory=EnergyProfile)

    def watches(self) -> Iterator[Watch]:
        """Every watch, those of parts too."""
        for equipment in self.equipment:
            yield from equipment.watches
            yield from (part.watch for part in equipment.parts if part.watch)

    def items(self) -> Iterator[Item]:
        """Every functional item, in the order of the site file."""
        for equipment in self.equipment:
            yield from equipment.items

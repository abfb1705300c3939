"""The building's meters: what each counts, how its register shows it, and which stands above which.

Amounts are whole numbers of the carrier's small unit: W.h of electricity and cooling, L of water and gas, MJ of
heat. 1000 of these are one of the unit in which amounts are told.
"""

from __future__ import annotations

from dataclasses import dataclass

TOLD = 1000
"""So many small units are 1 kW.h, m3 or GJ."""
UNITS = {"electricity": "kW.h", "cooling": "kW.h", "water": "m3", "gas": "m3", "heat": "GJ"}
"""In which amounts of a carrier are told."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A meter as the site file has it.

    ``step``: its register moves by so many small units, and all that it counts is a multiple of it. An ``int``
    point gives steps; a ``float`` point gives its ``unit``, which is ``per_unit`` small units. ``ratio``,
    ``wraps_at`` and ``most_an_hour`` are decimal text; an empty text is none.
    """

    id: str
    name: str
    step: int
    unit: str
    carrier: str = "electricity"
    per_unit: int = 0
    """0 of an ``int`` point."""
    ratio: str = "1"
    pulses_of: str = ""
    """The unit of the meter, where its point counts pulses."""
    parent: str = ""
    item: str = ""
    purpose: str = ""
    loss: str = ""
    wraps_at: str = ""
    most_an_hour: str = ""
    never_rests_h: int = 0
    volts: int = 0
    """Between phases, of a meter that gives power, power factor and currents too; 0 of any other."""
    flows: bool = False
    """Whether it gives the momentary flow too."""

    @property
    def point(self) -> str:
        """Its register."""
        return f"{self.id}/total"

    def value(self, steps: int) -> int | float:
        """What its point gives at so many steps."""
        return steps * self.step / self.per_unit if self.per_unit else steps


METERS = (
    Meter("main", "总进线", 1, "W.h", loss="0.025", most_an_hour="2500", volts=10_000),
    Meter("lighting", "照明插座", 400, "kW.h", ratio="0.4", parent="main", item="lighting-sockets",
          wraps_at="1000000", most_an_hour="600", volts=400),
    Meter("floors-low", "低区照明插座", 400, "MW.h", per_unit=1_000_000, parent="lighting", most_an_hour="250"),
    Meter("floors-high", "高区照明插座", 400, "W.h", ratio="400", parent="lighting", most_an_hour="400"),
    Meter("hvac", "空调", 100, "W.h", ratio="100", parent="main", item="hvac", most_an_hour="1600", volts=400),
    Meter("chillers", "冷水机组", 4000, "kW.h", ratio="4", parent="hvac", most_an_hour="1400"),
    Meter("air", "空调末端及水泵", 100, "kW.h", per_unit=1000, parent="hvac", most_an_hour="250"),
    Meter("power", "动力", 10, "W.h", ratio="10", parent="main", item="power", most_an_hour="200"),
    Meter("lifts", "电梯", 10, "kW.h", per_unit=1000, parent="power", most_an_hour="100"),
    Meter("pumps", "水泵", 10, "W.h", ratio="10", parent="power"),
    Meter("data-room", "机房", 100, "kW.h", ratio="0.1", parent="main", item="special", purpose="data-room",
          most_an_hour="150"),
    Meter("kitchen", "厨房", 10, "kW.h", per_unit=1000, parent="main", item="special", purpose="kitchen",
          most_an_hour="150"),
    Meter("chargers", "充电桩", 10, "W.h", ratio="10", parent="main", item="special", purpose="other",
          most_an_hour="60", never_rests_h=12),
    Meter("water", "总水表", 10, "1", "water", pulses_of="L", ratio="10", most_an_hour="40", flows=True),
    Meter("tower", "冷却塔补水", 10, "L", "water", ratio="10", parent="water", most_an_hour="25"),
    Meter("tenants-water", "租户用水", 10, "m3", "water", per_unit=1000, parent="water", most_an_hour="20"),
    Meter("gas", "锅炉燃气", 10, "m3", "gas", per_unit=1000, most_an_hour="200"),
    Meter("cooling", "供冷量", 1000, "kW.h", "cooling", most_an_hour="8000"),
    Meter("heat", "供热量", 1, "GJ", "heat", per_unit=1000, most_an_hour="10"),
)  # fmt: skip
"""Each after the one above it. `most_an_hour` is not known of the pumps' meter."""


def below(meter: str) -> list[str]:
    """The ids of the meters right below one."""
    return [each.id for each in METERS if each.parent == meter]


def the_meter(name: str) -> Meter:
    """The meter of an id; KeyError where there is none."""
    return {each.id: each for each in METERS}[name]

"""A year as files: the site file, what the meters read, the records, and the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from simulators.energy.calendar import QUARTER
from simulators.energy.meters import METERS, Meter
from simulators.energy.momentary import PHASES
from simulators.energy.registers import Cell, Change, in_unit
from simulators.energy.truth import told, truth_of
from simulators.energy.year import EnergyYear
from simulators.year.calendar import HOUR, ZONE_NAME, iso

AREA_M2 = 30_000
FILES = ("site.toml", "readings.csv", "records.jsonl", "use.csv", "conditions.csv", "truth.json")


def write(made: EnergyYear, folder: Path) -> None:
    """Write the six files to a folder, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text("\n".join(site_file(made)) + "\n", encoding="utf-8")
    _table(folder / "readings.csv", "time", made.readings, _readings(made))
    _lines(folder / "records.jsonl", (_record(number, each) for number, each in enumerate(made.changes, start=1)))
    _table(folder / "use.csv", "hour", made.uses, _uses(made))
    _table(folder / "conditions.csv", "hour", ("temperature", "occupancy", "open"), _conditions(made))
    truth = json.dumps(truth_of(made), ensure_ascii=False, indent=1)
    (folder / "truth.json").write_text(truth + "\n", encoding="utf-8")


def _table(path: Path, first: str, names: Iterable[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join((first, *names)) + "\n")
        file.writelines(",".join(row) + "\n" for row in rows)


def _lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _cell(value: Cell) -> str:
    return "" if value is None else repr(value)


def _readings(made: EnergyYear) -> Iterator[list[str]]:
    start = made.days.year.start
    for place, row in enumerate(zip(*made.readings.values(), strict=True)):
        yield [str(start + place * QUARTER), *map(_cell, row)]


def _uses(made: EnergyYear) -> Iterator[list[str]]:
    uses = made.uses.values()
    for first in range(0, made.days.quarters, 4):
        yield [str(made.days.time(first)), *(told(sum(use[first : first + 4])) for use in uses)]


def _conditions(made: EnergyYear) -> Iterator[list[str]]:
    """An hour is open if any part of it is; its occupancy is the mean of its quarters."""
    around = made.conditions
    for hour, temperature in enumerate(around.temperatures):
        quarters = slice(4 * hour, 4 * hour + 4)
        share, is_open = sum(around.shares[quarters]) / 4, any(around.opened[quarters])
        yield [str(made.days.year.start + hour * HOUR), str(temperature), f"{share:.3f}", str(int(is_open))]


def _record(number: int, change: Change) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": "meter-change", "id": f"MC-{number}", "version": 1}
    row |= {"received": iso(change.at + HOUR), "made_at": iso(change.at + HOUR), "author": "电工"}
    row |= {"meter": change.meter, "changed_at": iso(change.at), "person": "电工"}
    if change.final is not None:
        row["final"] = in_unit(change.meter, change.final)
    if change.initial is not None:
        row["initial"] = in_unit(change.meter, change.initial)
    return row


def site_file(made: EnergyYear) -> Iterator[str]:
    """The lines of the site file."""
    days = made.days
    yield from ("[site]", 'id = "energy-tower"', 'name = "能源模拟大厦"', f'timezone = "{ZONE_NAME}"')
    yield from (f"area_m2 = {AREA_M2}", "commissioned = true", f"judged_from = {iso(days.year.start)}")
    yield from (f"handed_over = {days.year.number - 6}-01-01", "", "[calendar]", 'official = "none"')
    yield f"years = [{days.year.number}]"
    yield f"days_off = [{_dates(days.days_off)}]"
    yield f"workdays = [{_dates(days.table.workdays)}]"
    yield from ("", "[connections.meters]", 'protocol = "modbus"')
    for number, meter in enumerate(METERS, start=1):
        yield from _device(number, meter)
    for meter in METERS:
        yield from _meter(meter)
    yield from ("", "[energy]", 'climate = "hot-summer-cold-winter"', 'ventilation = "B"', 'owner = "commercial"')
    yield from ("hours_a_year = 2600", "area_per_person = 10", 'excluded = ["data-room", "kitchen", "other"]')


def _dates(several: Iterable[date]) -> str:
    return ", ".join(map(str, sorted(several)))


def _device(number: int, meter: Meter) -> Iterator[str]:
    yield from ("", f"[devices.{meter.id}]", f'name = "{meter.name}"', 'connection = "meters"')
    yield from (f'host = "10.0.0.{number}"', f"period_s = {QUARTER // 10**9}", f"[devices.{meter.id}.points]")
    kind, encoding = ("float", "float64") if meter.per_unit else ("int", "uint64")
    register = f'type = "{kind}", unit = "{meter.unit}", counter = true, address = 0, encoding = "{encoding}"'
    yield f"total = {{ {register} }}"
    for place, (name, unit) in enumerate(_momentary(meter), start=1):
        yield f'{name} = {{ type = "float", unit = "{unit}", address = {4 * place}, encoding = "float64" }}'


def _momentary(meter: Meter) -> Iterator[tuple[str, str]]:
    """The points beside a meter's register, each with its unit."""
    if meter.volts:
        yield from (("power", "kW"), ("power-factor", "1"), *((name, "A") for name in PHASES))
    if meter.flows:
        yield "flow", "m3/h"


def _meter(meter: Meter) -> Iterator[str]:
    yield from ("", f"[meters.{meter.id}]", f'name = "{meter.name}"', f'point = "{meter.point}"')
    texts = {
        "carrier": meter.carrier,
        "unit": meter.pulses_of,
        "ratio": meter.ratio,
        "wraps_at": meter.wraps_at,
        "most_an_hour": meter.most_an_hour,
        "parent": meter.parent,
        "loss": meter.loss,
        "item": meter.item,
        "purpose": meter.purpose,
    }
    yield from (f'{key} = "{text}"' for key, text in texts.items() if text)
    if meter.never_rests_h:
        yield f"never_rests_h = {meter.never_rests_h}"
    if meter.volts:
        yield f'power = "{meter.id}/power"'
        yield f'power_factor = "{meter.id}/power-factor"'
        points = ", ".join(f'"{meter.id}/{name}"' for name in PHASES)
        yield f"currents = [{points}]"
    if meter.flows:
        yield f'power = "{meter.id}/flow"'

"""A year as files: the site file, what the wire said, what people stated, and the truth."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from simulators.year.building import (
    ALARM,
    NIGHT,
    SYSTEMS,
    TEST_ALARM,
    Address,
    Building,
    Machine,
    Signal,
    Unit,
    Value,
    Watched,
)
from simulators.year.calendar import DAY, ZONE_NAME, iso
from simulators.year.story import PERIOD, Change, Story

AREA_M2 = 48_000
TAIL = 3 * DAY
"""So long after the year the wire is still read, without a change: what began in the year comes to its end."""


def write(story: Story, folder: Path) -> None:
    """Write ``site.toml``, ``changes.jsonl``, ``records.jsonl`` and ``truth.json`` to a folder, made if needed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.toml").write_text("\n".join(site_file(story)) + "\n", encoding="utf-8")
    _lines(folder / "changes.jsonl", map(change_line, changes(story)))
    _lines(folder / "records.jsonl", sorted(story.records.lines, key=lambda line: (line["received"], line["id"])))
    rows = (f"{json.dumps(key)}: {_table(value)}" for key, value in truth_of(story).items())
    (folder / "truth.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


def _table(value: Any) -> str:
    """JSON, with a line for each entry of a list."""
    if not isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "\n]"


def _lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def changes(story: Story) -> list[Change]:
    """Every change of every point, in time order."""
    found = [
        change for signal in story.building.signals.values() for change in story.wire.changes(signal, story.year)
    ]
    return sorted(found, key=lambda change: (change.time, change.point))


def change_line(change: Change) -> dict[str, Any]:
    """One change as a line of ``changes.jsonl``."""
    if change.value is None:
        return {"time": change.time, "point": change.point, "value": None, "quality": "bad", "reason": "offline"}
    return {"time": change.time, "point": change.point, "value": change.value, "quality": "good", "reason": ""}


def truth_of(story: Story) -> dict[str, Any]:
    """What ``truth.json`` holds."""
    return {
        "seed": story.seed,
        "items": len(story.building.units()),
        "year": story.year.number,
        "zone": ZONE_NAME,
        "start": story.year.start,
        "end": story.year.end,
        "period_ns": PERIOD,
        "seen_until": story.year.end + TAIL,
        "outages": {device: spans for device, spans in sorted(story.wire.outages.items())},
        **story.truth.as_tables(),
    }


def site_file(story: Story) -> Iterator[str]:
    """The lines of the site file."""
    building = story.building
    yield from ("[site]", 'id = "tower"', 'name = "模拟大厦"', f'timezone = "{ZONE_NAME}"', f"area_m2 = {AREA_M2}")
    yield from ("commissioned = true", f"judged_from = {iso(story.year.start)}")
    yield from (f"handed_over = {story.year.number - 6}-01-01", "", "[connections.field]", 'protocol = "modbus"')
    yield from _devices(building)
    for name, title in SYSTEMS.items():
        yield from ("", f"[systems.{name}]", f'name = "{title}"')
    for machine in building.machines:
        yield from _machine(machine)


def _devices(building: Building) -> Iterator[str]:
    by_device: dict[str, list[Signal]] = {}
    for signal in building.signals.values():
        by_device.setdefault(signal.device, []).append(signal)
    for number, (device, signals) in enumerate(by_device.items()):
        yield from (
            "",
            f"[devices.{device}]",
            'connection = "field"',
            f'host = "10.0.{number // 250}.{number % 250 + 1}"',
        )
        yield from (f"period_s = {PERIOD // 10**9}", f"[devices.{device}.points]")
        for address, signal in enumerate(signals):
            bits = isinstance(signal.base, bool)
            kind = f'type = "bool", table = "coil", address = {address}, encoding = "bit"'
            whole = f'type = "int", address = {address}'
            yield f"{signal.key.partition('/')[2]} = {{ {kind if bits else whole} }}"


def _machine(machine: Machine) -> Iterator[str]:
    yield from ("", f"[equipment.{machine.id}]", f'name = "{machine.name}"', f'system = "{machine.system}"')
    yield from (
        f'kind = "{machine.kind}"',
        f'subfamily = "{machine.subfamily}"',
        f'model = "{machine.kind.upper()}-1"',
    )
    yield from (f"installed = {machine.installed}", 'maintenance_cycle = "每月"', 'supplier = "设备供应商"')
    yield from (f'maintainer = "{machine.maintainer}"', f"critical = {_plain(machine.critical)}")
    for unit in machine.units:
        yield from _unit(unit)
    for watch in machine.watches:
        yield from _watch(machine, watch)
    for address in machine.addresses:
        yield from _address(machine, address)


def _unit(unit: Unit) -> Iterator[str]:
    yield from (f"[equipment.{unit.machine}.items.{unit.key.partition('/')[2]}]", f'name = "{unit.name}"')
    if unit.life_safety:
        yield "life_safety = true"
    if unit.emergency:
        yield "emergency = true"
    if unit.signal is None:
        yield f"inspected_days = {unit.inspected_days}"
    else:
        yield f"usable_when = [{{ {_condition(unit.signal, unit.good)} }}]"
    if unit.rests:
        days = '"mon", "tue", "wed", "thu", "fri", "sat", "sun"'
        yield f'stand_down = [{{ days = [{days}], from = "{NIGHT[0]:02}:00", to = "{NIGHT[1]:02}:00" }}]'


def _watch(machine: Machine, watch: Watched) -> Iterator[str]:
    yield from (f"[equipment.{machine.id}.watches.{watch.name}]", f'category = "{watch.category}"')
    yield f"happens_when = [{{ {_condition(watch.signal, (watch.when,))} }}]"
    if watch.at_least_s:
        yield f"at_least_s = {watch.at_least_s}"


def _address(machine: Machine, address: Address) -> Iterator[str]:
    yield from (f'[equipment.{machine.id}.parts."{address.id}"]', f'kind = "{address.kind}"')
    yield from (f'point = "{address.signal.key}"', f"in_test = [{ALARM}, {TEST_ALARM}]")


def _condition(signal: Signal, good: tuple[Value, ...]) -> str:
    if len(good) == 1:
        return f'point = "{signal.key}", is = {_plain(good[0])}'
    return f'point = "{signal.key}", one_of = [{", ".join(map(_plain, good))}]'


def _plain(value: Value) -> str:
    return str(value).lower()

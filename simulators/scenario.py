"""Scenarios: what goes wrong, when, and for how long. Two families: the building's faults and the wire's."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from simulators.building.building import Building
from simulators.building.items import ITEMS, Outage
from simulators.errors import ScenarioError
from simulators.wires import ON_ONE_SIGNAL, WIRES, WireFault

FOLDER = Path(__file__).parent / "scenarios"
"""The scenarios that can be asked for by name."""

_SIGNALS = {device: frozenset(signals) for device, signals in Building(0).readings(0).items()}


class _Event(BaseModel):
    """Something that begins ``at_s`` after the start and lasts ``for_s``: half-open."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    at_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    for_s: Annotated[float, Field(gt=0, allow_inf_nan=False)]

    @property
    def end_s(self) -> float:
        """When it is over, seconds after the start."""
        return self.at_s + self.for_s


class BuildingEvent(_Event):
    """A functional item is down."""

    item: str
    fault: str

    @field_validator("item")
    @classmethod
    def _known(cls, item: str) -> str:
        if item not in ITEMS:
            raise ValueError(f'there is no item "{item}"; there are {_listed(ITEMS)}')
        return item

    @model_validator(mode="after")
    def _possible(self) -> BuildingEvent:
        if self.fault not in ITEMS[self.item].faults:
            raise ValueError(f'fault: "{self.item}" knows {_listed(ITEMS[self.item].faults)}, not "{self.fault}"')
        return self

    @property
    def outage(self) -> Outage:
        """The event as the building knows it."""
        return Outage(self.item, self.fault, self.at_s, self.end_s)


class WireEvent(_Event):
    """A device can be seen only in part or not at all; what it watches goes on as before."""

    device: str
    fault: WireFault
    signal: str = ""
    """For faults of one BACnet object: the signal (point) that it holds."""

    @field_validator("device")
    @classmethod
    def _known(cls, device: str) -> str:
        if device not in WIRES:
            raise ValueError(f'there is no device "{device}"; there are {_listed(WIRES)}')
        return device

    @model_validator(mode="after")
    def _possible(self) -> WireEvent:
        if self.fault not in WIRES[self.device]:
            raise ValueError(f'fault: "{self.device}" knows {_listed(WIRES[self.device])}, not "{self.fault}"')
        if (self.fault in ON_ONE_SIGNAL) != bool(self.signal):
            raise ValueError(f"signal: belongs to the faults {_listed(ON_ONE_SIGNAL)}, and to them only")
        if self.signal and self.signal not in _SIGNALS[self.device]:
            raise ValueError(
                f'signal: "{self.device}" has no "{self.signal}"; it has {_listed(_SIGNALS[self.device])}'
            )
        return self


@dataclass(frozen=True, slots=True)
class Edge:
    """The beginning or the end of an event, ``at_s`` after the start."""

    at_s: float
    event: BuildingEvent | WireEvent
    begins: bool


class Scenario(BaseModel):
    """A scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    about: str
    """What it is for, in one sentence."""
    building: tuple[BuildingEvent, ...] = ()
    wire: tuple[WireEvent, ...] = ()

    @model_validator(mode="after")
    def _apart(self) -> Scenario:
        _check_apart([(event.item, event) for event in self.building])
        _check_apart([(event.device, event) for event in self.wire])
        return self

    @property
    def outages(self) -> tuple[Outage, ...]:
        """The building's faults."""
        return tuple(event.outage for event in self.building)

    def edges(self) -> Iterator[Edge]:
        """Every beginning and end in the order of time."""
        events: tuple[BuildingEvent | WireEvent, ...] = (*self.building, *self.wire)
        found: list[Edge] = []
        for event in events:
            found += [Edge(event.at_s, event, True), Edge(event.end_s, event, False)]
        yield from sorted(found, key=lambda edge: edge.at_s)


def _check_apart(events: Sequence[tuple[str, _Event]]) -> None:
    """Between two events of one target there must be a moment in which all is well, so that both can be told."""
    ordered = sorted(events, key=lambda pair: (pair[0], pair[1].at_s))
    for target, group in groupby(ordered, key=lambda pair: pair[0]):
        for (_, one), (_, next_one) in pairwise(group):
            if next_one.at_s <= one.end_s:
                raise ValueError(
                    f'"{target}": the event at {next_one.at_s:g} s must begin after the one before is over '
                    f"({one.end_s:g} s)"
                )


def load(name_or_path: str) -> Scenario:
    """A scenario by its name or by the path of its file; `ScenarioError` naming the file and the key."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = FOLDER / f"{name_or_path}.toml"
        if not path.is_file():
            raise ScenarioError(f'there is no scenario "{name_or_path}"; there are {_listed(names())}')
    try:
        with path.open("rb") as file:
            return Scenario.model_validate(tomllib.load(file))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: is not TOML: {error}") from error
    except ValidationError as error:
        raise ScenarioError("\n".join(f"{path}: {line}" for line in _complaints(error))) from error


def names() -> tuple[str, ...]:
    """The scenarios that come with the simulators."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def _complaints(error: ValidationError) -> Iterator[str]:
    for detail in error.errors():
        place = ".".join(str(part) for part in detail["loc"])
        message = detail["msg"].removeprefix("Value error, ")
        yield f"{place}: {message}" if place else message


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))

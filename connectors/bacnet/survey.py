"""Finding devices and what they hold, in the terms of a site file. No protocol library here."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.bacnet.announcement import IAm, i_am
from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.decode import Outcome
from connectors.bacnet.identity import DEVICE, WHOEVER, Unverified, abilities, instance_of
from connectors.bacnet.plan import Ask
from connectors.bacnet.reader import Reader
from connectors.bacnet.tags import Malformed, ObjectId
from connectors.bacnet.units import ucum
from connectors.bacnet.wording import Vocabulary, object_name
from connectors.bacnet.worth import WORTH, Worth
from connectors.probing import Found
from connectors.protocol import Clock
from evaluators.model.samples import Reason

USUAL_PORT = 47808
MOST_OBJECTS = 20_000
"""Of one device; a list that says more is not believed."""
MOST_PROPERTIES = 50

DESCRIPTION, MODEL_NAME, OBJECT_LIST, OBJECT_NAME, UNITS, VENDOR_NAME = 28, 70, 76, 77, 117, 121
"""Property numbers."""


@dataclass(slots=True)
class Roll:
    """Who announced itself, and where: an `Ear` that answers nobody."""

    heard: dict[tuple[str, int], IAm] = field(default_factory=dict)

    def announced(self, where: str, data: bytes) -> None:
        """An I-Am."""
        try:
            said = i_am(data)
        except Malformed:
            return
        if where:
            self.heard[(where, said.instance)] = said

    def keep(self, low: int, high: int, places: Collection[str]) -> None:
        """Only instances ``low`` to ``high``, and only at these addresses, where any are given."""
        self.heard = {
            (where, instance): said
            for (where, instance), said in self.heard.items()
            if low <= instance <= high and (not places or where in places)
        }

    async def notified(self, where: str, invoke: int | None, data: bytes) -> None:
        """A notification that is meant for others."""


@dataclass(frozen=True, slots=True)
class Surveyor:
    """How to reach and name things."""

    channel: Callable[[str], Channel]
    words: Vocabulary
    number: Callable[[str], int]
    """The number of a property by its word."""
    clock: Clock


async def ask_the_silent(surveyor: Surveyor, roll: Roll, addresses: Iterable[str]) -> list[Found]:
    """Ask at each address that did not announce itself who is there; returns those where nobody says so."""
    silent: list[Found] = []
    answered = {where for where, _ in roll.heard}
    for where in addresses:
        if where in answered:
            continue
        try:
            instance = await instance_of(surveyor.channel(where), WHOEVER)
        except (NoAnswer, Unverified) as error:
            why = f"no answer {error}" if isinstance(error, NoAnswer) else str(error)
            silent.append(Found(_address(where), (), (why,)))
            continue
        if instance is None:
            silent.append(Found(_address(where), (), ("it does not say which device it is",)))
        else:
            roll.heard[(where, instance)] = IAm(instance, 0, 0, 0)
    return silent


def _address(where: str) -> dict[str, Any]:
    host, _, port = where.partition(":")
    return {"host": host} if int(port) == USUAL_PORT else {"host": host, "port": int(port)}


async def survey(surveyor: Surveyor, roll: Roll) -> list[Found]:
    """Read what each device on the roll holds, by instance and address."""
    places: defaultdict[int, list[str]] = defaultdict(list)
    for where, instance in sorted(roll.heard):
        places[instance].append(where)
    found: list[Found] = []
    for instance in sorted(places):
        for where in places[instance]:
            rivals = [other for other in places[instance] if other != where]
            found.append(await _Visit(surveyor, where, instance).made(rivals))
    return found


class _Visit:
    """One device, read once."""

    def __init__(self, surveyor: Surveyor, where: str, instance: int) -> None:
        self._surveyor = surveyor
        self._where = where
        self._device = ObjectId(DEVICE, instance)
        self._channel = surveyor.channel(where)
        self._reader = Reader(self._channel, MOST_PROPERTIES, {})
        self._remarks: list[str] = []
        self._outcomes: dict[Ask, Outcome] = {}

    async def made(self, rivals: list[str]) -> Found:
        """What it holds. ``rivals`` are other addresses with its instance."""
        self._remarks += [
            f"device instance {self._device.instance} is also at {other}: give one of them another"
            for other in rivals
        ]
        points: list[Mapping[str, Any]] = []
        try:
            able = await abilities(self._channel, self._device.instance)
            self._reader.allow(able.room, able.multiple)
            self._remarks.append(f"it takes messages of {able.room} bytes")
            await self._read([Ask(self._device, each) for each in (OBJECT_NAME, VENDOR_NAME, MODEL_NAME)])
            points = await self._points(await self._objects())
        except NoAnswer as error:
            self._remarks.append(f"it fell silent: no answer {error}")
        made = [self._text(self._device, number) for number in (VENDOR_NAME, MODEL_NAME)]
        self._remarks.insert(0, " ".join(part for part in made if part) or "it does not say who made it")
        return Found(self._settings(), tuple(points), tuple(self._remarks))

    def _settings(self) -> dict[str, Any]:
        name = self._text(self._device, OBJECT_NAME)
        return {"name": name, **_address(self._where), "instance": self._device.instance}

    async def _read(self, asks: Iterable[Ask]) -> None:
        wanted = tuple(asks)
        note = await self._reader.read(wanted, self._outcomes, self._surveyor.clock, heard=True)
        if note:
            self._remarks.append(note)

    def _text(self, identifier: ObjectId, number: int) -> str:
        value = self._value(Ask(identifier, number))
        return value if isinstance(value, str) else ""

    def _value(self, ask: Ask) -> Any:
        outcome = self._outcomes.get(ask)
        if outcome is None or len(outcome.reading.values) != 1:
            return None
        return outcome.reading.values[0]

    # --- its objects

    async def _objects(self) -> list[ObjectId]:
        """Its Object_List, whole, or element by element where it is too long for one answer."""
        ask = Ask(self._device, OBJECT_LIST)
        await self._read([ask])
        outcome = self._outcomes[ask]
        if outcome.reading.reason is Reason.NONE:
            return self._identifiers(outcome.reading.values)
        length = Ask(self._device, OBJECT_LIST, 0)
        await self._read([length])
        count = self._value(length)
        if not isinstance(count, int) or count > MOST_OBJECTS:
            self._remarks.append(f"its list of objects cannot be read: {outcome.reading.reason.label}")
            return []
        elements = [Ask(self._device, OBJECT_LIST, number) for number in range(1, count + 1)]
        await self._read(elements)
        return self._identifiers(self._value(each) for each in elements)

    def _identifiers(self, values: Iterable[Any]) -> list[ObjectId]:
        every = list(values)
        objects = [each for each in every if isinstance(each, ObjectId) and each != self._device]
        lost = sum(not isinstance(each, ObjectId) for each in every)
        if lost:
            self._remarks.append(f"{lost} of {len(every)} entries in its list of objects cannot be read")
        return list(dict.fromkeys(objects))

    async def _points(self, objects: list[ObjectId]) -> list[Mapping[str, Any]]:
        worth = {each: WORTH.get(self._surveyor.words.object_type(each.type), ()) for each in objects}
        left_out = Counter(
            self._surveyor.words.object_type(each.type) for each, properties in worth.items() if not properties
        )
        self._remarks += [f"{count} {kind} left out" for kind, count in sorted(left_out.items())]
        asks: list[Ask] = []
        for each, properties in worth.items():
            if properties:
                asks += [Ask(each, OBJECT_NAME), Ask(each, DESCRIPTION)]
                asks += [Ask(each, UNITS)] if any(one.measured for one in properties) else []
                asks += [self._ask(each, one) for one in properties]
        await self._read(asks)
        return [
            self._point(each, one, of=len(properties))
            for each, properties in worth.items()
            for one in properties
            if self._is_there(each, one)
        ]

    def _ask(self, identifier: ObjectId, worth: Worth) -> Ask:
        return Ask(identifier, self._surveyor.number(worth.property), worth.element)

    def _is_there(self, identifier: ObjectId, worth: Worth) -> bool:
        outcome = self._outcomes.get(self._ask(identifier, worth))
        reason = Reason.TIMEOUT if outcome is None else outcome.reading.reason
        if reason not in (Reason.NONE, Reason.UNKNOWN_PROPERTY):
            name = object_name(identifier, self._surveyor.words)
            self._remarks.append(f"{name} {worth.property} cannot be read: {reason.label}")
        return reason is Reason.NONE

    def _point(self, identifier: ObjectId, worth: Worth, of: int) -> Mapping[str, Any]:
        name = self._text(identifier, OBJECT_NAME) or object_name(identifier, self._surveyor.words)
        description = self._text(identifier, DESCRIPTION)
        if description and description != name:
            name = f"{name} ({description})"
        point: dict[str, Any] = {"name": f"{name} {worth.property}" if of > 1 else name, "type": worth.type}
        if worth.measured:
            point |= self._unit(identifier)
        point["object"] = object_name(identifier, self._surveyor.words)
        if worth.property != "present-value":
            point["property"] = worth.property
        if worth.element is not None:
            point["index"] = worth.element
        return point

    def _unit(self, identifier: ObjectId) -> dict[str, str]:
        number = self._value(Ask(identifier, UNITS))
        if not isinstance(number, int):
            return {}
        word = self._surveyor.words.unit(number)
        code = ucum(word)
        if code is None:
            name = object_name(identifier, self._surveyor.words)
            self._remarks.append(f"{name} is in {word}: say the unit yourself")
        return {"unit": code} if code else {}

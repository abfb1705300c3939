"""The standard's names of objects, properties and units, and their numbers, by bacpypes3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bacpypes3.basetypes import EngineeringUnits
from bacpypes3.constructeddata import ExtendedList
from bacpypes3.primitivedata import Enumerated, ObjectType, PropertyIdentifier
from bacpypes3.vendor import get_vendor_info

from connectors.bacnet.plan import Ask, Target, wanted_changes
from connectors.bacnet.quality import ASKED, COV_INCREMENT
from connectors.bacnet.settings import Device, Point
from connectors.bacnet.tags import ObjectId
from connectors.bacnet.watched import Watched
from connectors.bacnet.wording import Vocabulary
from connectors.protocol import BoundDevice, BoundPoint

MAX_TYPE = 1023
MAX_INSTANCE = 4194302
MAX_PROPERTY = 4194303


def resolved(device: BoundDevice[Device, Point]) -> Watched:
    """The device with the numbers behind its points' names; ValueError as `connect` says."""
    targets = tuple(_target(point) for point in device.points)
    objects = {target.ask.object for target in targets}
    changes = wanted_changes(targets, device.settings.cov)
    return Watched(
        device.id,
        device.settings,
        targets,
        {identifier: _witnesses(identifier) for identifier in objects},
        changes,
        frozenset(identifier for identifier in changes if _type_of(identifier, COV_INCREMENT) is not None),
    )


def _target(point: BoundPoint[Point]) -> Target:
    kind, _, instance = point.settings.object.partition(",")
    identifier = ObjectId(_number(point.key, "object type", ObjectType, kind, MAX_TYPE), int(instance))
    if identifier.instance > MAX_INSTANCE:
        raise ValueError(f"point {point.key}: object instances go to {MAX_INSTANCE}, not {instance}")
    number = _number(point.key, "property", PropertyIdentifier, point.settings.property, MAX_PROPERTY)
    index = point.settings.index
    of_type = _type_of(identifier, number)
    several = isinstance(of_type, type) and issubclass(of_type, ExtendedList)
    of_element = of_type._subtype if several and index != 0 else of_type
    target = Target(point, Ask(identifier, number, index), several and index is None, _words(of_element))
    if point.settings.cov not in (None, "off") and not target.notified:
        raise ValueError(f"point {point.key}: cov is for the whole present-value alone: leave it out here")
    return target


def _number(key: str, what: str, names: Any, name: str, most: int) -> int:
    """By its name, or for what only its vendor names, by its number."""
    try:
        number = int(name if name.isdigit() else names(name))
    except ValueError:
        raise ValueError(
            f'point {key}: there is no {what} "{name}": use its name in the standard, or its number'
        ) from None
    if number > most:
        raise ValueError(f"point {key}: the number of its {what} goes to {most}, not {name}")
    return number


def _type_of(identifier: ObjectId, number: int) -> Any:
    """bacpypes3's class for a property; None where it knows none."""
    of_object = get_vendor_info(0).get_object_class(identifier.type)
    return of_object.get_property_type(PropertyIdentifier(number)) if of_object else None


def _words(of_type: Any) -> Mapping[int, str]:
    if isinstance(of_type, type) and issubclass(of_type, Enumerated):
        words: Mapping[int, str] = getattr(of_type, "_asn1_map")  # noqa: B009  # untyped, so mypy takes it for a plain type
        return words
    return {}


def _witnesses(identifier: ObjectId) -> tuple[int, ...]:
    """What this type of object says of itself; a type that only its vendor knows is asked for everything."""
    if get_vendor_info(0).get_object_class(identifier.type) is None:
        return ASKED
    return tuple(number for number in ASKED if _type_of(identifier, number) is not None)


class _Words:
    """The standard's words, as bacpypes3 has them."""

    def object_type(self, number: int) -> str:
        """Such as ``analog-input``."""
        return str(ObjectType(number))

    def property(self, number: int) -> str:
        """Such as ``present-value``."""
        return str(PropertyIdentifier(number))

    def unit(self, number: int) -> str:
        """Such as ``degrees-celsius``."""
        return str(EngineeringUnits(number))


WORDS: Vocabulary = _Words()


def property_number(word: str) -> int:
    """The number of a property that the standard names."""
    return int(PropertyIdentifier(word))

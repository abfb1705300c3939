"""Is the device at an address the one that the site file means, and what does it say of itself? No protocol
library here."""

from __future__ import annotations

from typing import NamedTuple

from connectors.bacnet.channel import Channel, NoAnswer
from connectors.bacnet.decode import UNKNOWN_OBJECT, Reading, parse_one
from connectors.bacnet.plan import MAX_APDU, Ask, request_for
from connectors.bacnet.refusal import Refused
from connectors.bacnet.tags import Malformed, ObjectId
from evaluators.model.samples import Reason

DEVICE = 8
"""Object type number."""
MAX_APDU_LENGTH_ACCEPTED = 62
"""Property number."""
OBJECT_IDENTIFIER = 75
"""Property number."""
PROTOCOL_SERVICES_SUPPORTED = 97
"""Property number."""
TIME_OF_DEVICE_RESTART = 203
"""Property number."""
WHOEVER = 4194303
"""As a device instance: the one that is asked."""

_KNOWS_READ_PROPERTY_MULTIPLE = 1 << 14
LEAST_APDU = 50
"""The standard's own least; a device that says less is not believed."""


class Unverified(Exception):
    """It answers, but not as the device that the site file means; the message says what would be right."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Abilities(NamedTuple):
    """The longest message that a device takes, bytes, and whether it knows ReadPropertyMultiple."""

    room: int = MAX_APDU
    multiple: bool = True


async def verify(channel: Channel, instance: int, where: str) -> None:
    """`Unverified` when another device answers at ``where``, or none of that instance; `NoAnswer`."""
    other = await instance_of(channel, instance)
    if other is None:
        other = await instance_of(channel, WHOEVER)
    if other is None:
        message = f"there is no device {instance} at {where}: check instance and host"
        raise Unverified(Reason.MISMATCH, message)
    if other != instance:
        message = f"device {other} answers at {where}, not {instance}: check instance and host"
        raise Unverified(Reason.MISMATCH, message)


async def instance_of(channel: Channel, asked: int) -> int | None:
    """The instance that answers to ``asked``; None when there is no such device object."""
    request = request_for((Ask(ObjectId(DEVICE, asked), OBJECT_IDENTIFIER),))
    try:
        part = parse_one(await channel.ask(request.service, request.data))
    except Malformed as error:
        raise Unverified(Reason.MALFORMED, f"it does not say who it is: {error}") from error
    except Refused as refused:
        if refused.error_code == UNKNOWN_OBJECT:
            return None
        raise Unverified(refused.reason, f"it does not say who it is: {refused}") from refused
    identifier = part.reading.values[0] if len(part.reading.values) == 1 else None
    asked_for = (part.ask.object.type, part.ask.property) == (DEVICE, OBJECT_IDENTIFIER)
    if not asked_for or not isinstance(identifier, ObjectId) or identifier.type != DEVICE:
        raise Unverified(Reason.MISMATCH, "it does not say who it is: its answer holds no device's identifier")
    return identifier.instance


async def abilities(channel: Channel, instance: int) -> Abilities:
    """What the device says it can; what it does not say is taken to be usual. Never an exception but its own."""
    try:
        room = await _number(channel, instance, MAX_APDU_LENGTH_ACCEPTED)
        services = await _number(channel, instance, PROTOCOL_SERVICES_SUPPORTED)
    except NoAnswer:
        return Abilities()
    return Abilities(
        MAX_APDU if room is None else max(LEAST_APDU, room),
        services is None or bool(services & _KNOWS_READ_PROPERTY_MULTIPLE),
    )


async def restart_mark(channel: Channel, instance: int) -> bytes | None:
    """What changes when the device restarts: Time_Of_Device_Restart as it came; None where it has none."""
    request = request_for((Ask(ObjectId(DEVICE, instance), TIME_OF_DEVICE_RESTART),))
    try:
        return await channel.ask(request.service, request.data)
    except Refused:
        return None


async def _number(channel: Channel, instance: int, number: int) -> int | None:
    ask = Ask(ObjectId(DEVICE, instance), number)
    request = request_for((ask,))
    try:
        part = parse_one(await channel.ask(request.service, request.data))
    except (Malformed, Refused):
        return None
    return _plain(part.reading) if part.ask == ask else None


def _plain(reading: Reading) -> int | None:
    value = reading.values[0] if len(reading.values) == 1 else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None

"""Subscriptions and notifications as bytes, held against bacpypes3's."""

from __future__ import annotations

from typing import Any

import pytest
from bacpypes3.apdu import (
    APCISequence,
    ConfirmedRequestPDU,
    SubscribeCOVRequest,
    UnconfirmedCOVNotificationRequest,
)
from bacpypes3.basetypes import PropertyValue, StatusFlags
from bacpypes3.constructeddata import Any as AnyValue
from bacpypes3.primitivedata import Enumerated, Real, Unsigned
from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.cov import cancellation, notification, subscription
from connectors.bacnet.decode import Reading
from connectors.bacnet.plan import Ask
from connectors.bacnet.tags import Malformed, ObjectId

OBJECTS = st.builds(ObjectId, st.integers(0, 1023), st.integers(0, 4194302))
NUMBERS = st.integers(0, 2**32 - 1)


@given(NUMBERS, OBJECTS, st.booleans(), NUMBERS)
def test_a_subscription_is_as_bacpypes3_writes_it(
    process: int, identifier: ObjectId, confirmed: bool, lifetime_s: int
) -> None:
    theirs = SubscribeCOVRequest(
        subscriberProcessIdentifier=process,
        monitoredObjectIdentifier=identifier,
        issueConfirmedNotifications=confirmed,
        lifetime=lifetime_s,
    )
    assert subscription(process, identifier, confirmed, lifetime_s) == bytes(theirs.encode().pduData)


@given(NUMBERS, OBJECTS)
def test_a_cancellation_is_as_bacpypes3_reads_it(process: int, identifier: ObjectId) -> None:
    pdu = ConfirmedRequestPDU(5, 1)
    pdu.put_data(cancellation(process, identifier))
    theirs = APCISequence.decode(pdu)
    assert (theirs.subscriberProcessIdentifier, tuple(theirs.monitoredObjectIdentifier)) == (process, identifier)
    assert (theirs.issueConfirmedNotifications, theirs.lifetime) == (None, None)


def told(process: int, device: int, monitored: ObjectId, values: list[PropertyValue]) -> bytes:
    """A notification as bacpypes3 writes it."""
    theirs = UnconfirmedCOVNotificationRequest(
        subscriberProcessIdentifier=process,
        initiatingDeviceIdentifier=("device", device),
        monitoredObjectIdentifier=monitored,
        timeRemaining=5,
        listOfValues=values,
    )
    return bytes(theirs.encode().pduData)


def a_value(name: str, value: Any, **more: int) -> PropertyValue:
    """One property of a notification."""
    return PropertyValue(propertyIdentifier=name, value=AnyValue(value), **more)


@given(NUMBERS, st.integers(0, 4194302), OBJECTS, st.floats(width=32, allow_nan=False))
def test_a_notification_is_read_as_bacpypes3_wrote_it(
    process: int, device: int, monitored: ObjectId, value: float
) -> None:
    flags = a_value("status-flags", StatusFlags([0, 1, 0, 0]))
    data = told(process, device, monitored, [a_value("present-value", Real(value)), flags])
    assert notification(data) == (
        process,
        ObjectId(8, device),
        monitored,
        {Ask(monitored, 85): Reading((value,)), Ask(monitored, 111): Reading((2,))},
    )


def test_priority_and_index_are_read_over_or_kept() -> None:
    lift = ObjectId(59, 1)
    values = [
        a_value("car-door-status", Enumerated(1), propertyArrayIndex=2),
        a_value("present-value", Unsigned(7), priority=8),
    ]
    found = notification(told(1, 12, lift, values)).readings
    assert found == {Ask(lift, 450, 2): Reading((1,)), Ask(lift, 85): Reading((7,))}


WHOLE = told(1, 12, ObjectId(0, 1), [a_value("present-value", Real(3.0))])


@pytest.mark.parametrize(
    "spoiled",
    [
        *(WHOLE[:length] for length in range(len(WHOLE))),
        WHOLE + b"\x00",
        told(1, 12, ObjectId(0, 1), [a_value("present-value", Real(3.0))] * 2),
        WHOLE.replace(b"\x2e\x44", b"\x3e\x44"),
    ],
)
def test_what_is_no_notification(spoiled: bytes) -> None:
    with pytest.raises(Malformed):
        notification(spoiled)

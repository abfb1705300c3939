"""The planner: everything once, limits kept, objects together, the order kept."""

from __future__ import annotations

from itertools import groupby

import pytest
from bacpypes3.apdu import APCISequence, ConfirmedRequestPDU, ReadPropertyMultipleRequest, ReadPropertyRequest
from bacpypes3.basetypes import PropertyReference, ReadAccessSpecification
from bacpypes3.constructeddata import SequenceOf
from bacpypes3.primitivedata import ObjectIdentifier
from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.decode import parse_many
from connectors.bacnet.plan import (
    READ_PROPERTY,
    READ_PROPERTY_MULTIPLE,
    Ask,
    Target,
    answer_size,
    asks_of,
    pack,
    request_for,
    wanted_changes,
)
from connectors.bacnet.tags import ObjectId
from tests.connectors.bacnet.field import a_point

OBJECTS = st.builds(ObjectId, st.integers(0, 3), st.integers(0, 3))
ASKS = st.builds(Ask, OBJECTS, st.integers(84, 87), st.none() | st.integers(0, 2))
WITNESSES = {ObjectId(kind, instance): (111, 81)[: kind + 1] for kind in range(3) for instance in range(4)}


def targets(asks: list[Ask]) -> list[Target]:
    """A target for each ask."""
    return [Target(a_point(number, "analog-input,1"), ask) for number, ask in enumerate(asks)]


@given(st.lists(ASKS, max_size=40))
def test_everything_is_asked_for_once_with_its_witnesses(asks: list[Ask]) -> None:
    wanted = asks_of(targets(asks), WITNESSES)
    objects = {ask.object for ask in asks}
    expected = set(asks) | {
        Ask(identifier, number) for identifier in objects for number in WITNESSES.get(identifier, ())
    }
    assert len(wanted) == len(set(wanted))
    assert set(wanted) == expected


@given(st.lists(ASKS, max_size=40))
def test_the_order_is_that_of_the_points_object_by_object(asks: list[Ask]) -> None:
    wanted = asks_of(targets(asks), WITNESSES)
    assert [identifier for identifier, _ in groupby(wanted, key=lambda ask: ask.object)] == list(
        dict.fromkeys(ask.object for ask in asks)
    )
    own = [ask for ask in wanted if ask in set(asks)]
    by_object = sorted(
        dict.fromkeys(asks), key=lambda ask: list(dict.fromkeys(a.object for a in asks)).index(ask.object)
    )
    assert own == by_object


@given(st.lists(ASKS, max_size=60), st.integers(min_value=1, max_value=12))
def test_requests_keep_the_order_and_the_limit_and_objects_together(asks: list[Ask], limit: int) -> None:
    wanted = asks_of(targets(asks), WITNESSES)
    requests = pack(wanted, limit)
    assert tuple(ask for request in requests for ask in request.asks) == wanted
    assert all(1 <= len(request.asks) <= limit for request in requests)
    for identifier, group in groupby(wanted, key=lambda ask: ask.object):
        if len(list(group)) <= limit:
            assert sum(any(ask.object == identifier for ask in request.asks) for request in requests) == 1


SIZES = st.dictionaries(ASKS, st.integers(5, 90))


@given(st.lists(ASKS, max_size=60), st.integers(1, 50), SIZES, st.integers(40, 300))
def test_requests_keep_to_the_room_of_their_answers(
    asks: list[Ask], limit: int, sizes: dict[Ask, int], room: int
) -> None:
    wanted = asks_of(targets(asks), WITNESSES)
    requests = pack(wanted, limit, sizes, room)
    assert tuple(ask for request in requests for ask in request.asks) == wanted
    for request in requests:
        assert len(request.asks) <= limit
        assert len(request.asks) == 1 or answer_size(request.asks, sizes) <= room


def test_an_answers_size_is_that_on_the_wire() -> None:
    asks = (Ask(ObjectId(0, 1), 111), Ask(ObjectId(0, 1), 85), Ask(ObjectId(3, 2), 85))
    data = bytes.fromhex("0c00000001 1e 296f4e8204004f 29554e4441ac00004f 1f 0c00c00002 1e 29554e91014f 1f")
    sizes = {part.ask: part.end - part.begin for part in parse_many(data)}
    assert answer_size(asks, sizes) == len(b"\x30\x00\x0e" + data)


@given(st.lists(ASKS, min_size=2, max_size=40, unique=True))
def test_halving_ends_at_single_properties(asks: list[Ask]) -> None:
    waiting = list(pack(asks, len(asks)))
    single = 0
    while waiting:
        request = waiting.pop()
        if len(request.asks) == 1:
            single += 1
            assert request.service == READ_PROPERTY
        else:
            assert request.service == READ_PROPERTY_MULTIPLE
            waiting += pack(request.asks, len(request.asks) // 2)
    assert single == len(asks)


@pytest.mark.parametrize("element", [None, 0, 1, 300])
def test_a_read_property_is_as_bacpypes3_writes_it(element: int | None) -> None:
    theirs = ReadPropertyRequest(objectIdentifier=("lift", 7), propertyIdentifier="car-door-status")
    if element is not None:
        theirs.propertyArrayIndex = element
    ours = request_for((Ask(ObjectId(59, 7), 450, element),))
    assert ours.data == bytes(theirs.encode().pduData)


@given(st.lists(ASKS, min_size=2, max_size=20, unique=True))
def test_a_read_property_multiple_is_as_bacpypes3_writes_it(asks: list[Ask]) -> None:
    ours = request_for(asks_of(targets(asks), {})) if len(set(asks)) > 1 else request_for(tuple(asks))
    specs = []
    for identifier, group in groupby(ours.asks, key=lambda ask: ask.object):
        references = []
        for ask in group:
            reference = PropertyReference(propertyIdentifier=ask.property)
            if ask.element is not None:
                reference.propertyArrayIndex = ask.element
            references.append(reference)
        specs.append(
            ReadAccessSpecification(
                objectIdentifier=ObjectIdentifier(identifier), listOfPropertyReferences=references
            )
        )
    theirs = ReadPropertyMultipleRequest(listOfReadAccessSpecs=SequenceOf(ReadAccessSpecification)(specs))
    assert ours.data == bytes(theirs.encode().pduData)


def test_bacpypes3_reads_what_we_ask() -> None:
    ours = request_for((Ask(ObjectId(0, 1), 111), Ask(ObjectId(0, 1), 85), Ask(ObjectId(59, 2), 450, 1)))
    pdu = ConfirmedRequestPDU(ours.service, 1)
    pdu.put_data(ours.data)
    theirs = APCISequence.decode(pdu)
    assert [
        (str(spec.objectIdentifier), str(reference.propertyIdentifier), reference.propertyArrayIndex)
        for spec in theirs.listOfReadAccessSpecs
        for reference in spec.listOfPropertyReferences
    ] == [
        ("analog-input,1", "status-flags", None),
        ("analog-input,1", "present-value", None),
        ("lift,2", "car-door-status", 1),
    ]


@pytest.mark.parametrize(
    ("device", "points", "wanted"),
    [
        ("off", [None, "off"], {}),
        ("off", [None, "unconfirmed"], {2: False}),
        ("unconfirmed", [None, "off"], {1: False}),
        ("confirmed", [None, "unconfirmed"], {1: True, 2: False}),
    ],
)
def test_which_changes_are_wanted(device: str, points: list[str | None], wanted: dict[int, bool]) -> None:
    every = [
        Target(a_point(number, f"analog-input,{number}", cov=cov), Ask(ObjectId(0, number), 85))
        for number, cov in enumerate(points, 1)
    ]
    beside = Target(a_point(9, "analog-input,9"), Ask(ObjectId(0, 9), 111))
    element = Target(a_point(8, "analog-input,8"), Ask(ObjectId(0, 8), 85, 1))
    found = wanted_changes([*every, beside, element], device)
    assert found == {ObjectId(0, number): confirmed for number, confirmed in wanted.items()}


def test_of_two_points_of_one_object_the_confirmed_one_decides() -> None:
    every = [
        Target(a_point(number, "analog-input,1", cov=cov), Ask(ObjectId(0, 1), 85))
        for number, cov in enumerate(["unconfirmed", "confirmed", "unconfirmed"])
    ]
    assert wanted_changes(every, "off") == {ObjectId(0, 1): True}

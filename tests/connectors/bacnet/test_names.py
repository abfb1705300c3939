"""Names of objects and properties, and addresses, are checked before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.bacnet.connector import connect
from connectors.bacnet.names import resolved
from connectors.bacnet.plan import Ask
from connectors.bacnet.settings import Connection
from connectors.bacnet.tags import ObjectId
from connectors.protocol import BoundConnection
from connectors.registry import connect as by_registry
from tests.connectors.bacnet.field import a_device, a_point


def test_names_become_numbers_collections_and_words() -> None:
    device = a_device(
        47808,
        a_point(1, "lift,7", "int", property="fault-signals"),
        a_point(2, "lift,7", "text", property="car-door-status", index=2),
        a_point(3, "lift,7", "int", property="car-door-status", index=0),
        a_point(4, "elevator-group,1", "int", property="group-members", index=0),
        a_point(5, "600,1", "float", property="9000"),
        a_point(6, "analog-input,1", "float", property="9000"),
    )
    found = resolved(device)
    assert [(t.ask, t.collection) for t in found.targets] == [
        (Ask(ObjectId(59, 7), 463), True),
        (Ask(ObjectId(59, 7), 450, 2), False),
        (Ask(ObjectId(59, 7), 450, 0), False),
        (Ask(ObjectId(57, 1), 345, 0), False),
        (Ask(ObjectId(600, 1), 9000), False),
        (Ask(ObjectId(0, 1), 9000), False),
    ]
    assert found.targets[1].names[1] == "opened"
    assert dict(found.targets[4].names) == {}
    assert found.witnesses == {
        ObjectId(59, 7): (111, 81, 103),
        ObjectId(57, 1): (),
        ObjectId(600, 1): (111, 81, 103),
        ObjectId(0, 1): (111, 81, 103),
    }


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"object": "analog-inputs,1"},
            'point analog-inputs,1.present-value: there is no object type "analog-inputs"',
        ),
        ({"object": "analog-input,1", "property": "presentvalue"}, 'there is no property "presentvalue"'),
        ({"object": "analog-input,9999999"}, "object instances go to 4194302, not 9999999"),
        ({"object": "1024,1"}, "the number of its object type goes to 1023, not 1024"),
        (
            {"object": "lift,1", "property": "car-mode", "cov": "confirmed"},
            "cov is for the whole present-value alone: leave it out here",
        ),
        (
            {"object": "analog-input,1", "property": "4194304"},
            "the number of its property goes to 4194303, not 4194304",
        ),
    ],
)
def test_a_name_that_there_is_not(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolved(a_device(47808, a_point(1, **settings)))


@pytest.mark.parametrize(
    ("own", "device", "message"),
    [
        ("localhost", {}, 'connection bms: host = "localhost" is no IPv4 address of ours'),
        ("10.0.0.1/99", {}, 'connection bms: host = "10.0.0.1/99" is no IPv4 address of ours'),
        ("10.0.0.1/24", {"host": "chiller"}, 'device plant: host = "chiller" is no IPv4 address'),
        ("127.0.0.1", {}, "device plant: 127.0.0.1:47808 is our own address: give one of them another port"),
        ("127.0.0.1", {"host": "127.0.0.2"}, "device plant: on loopback give it another port than 47808, ours"),
    ],
)
def test_an_address_that_cannot_be(own: str, device: dict[str, Any], message: str) -> None:
    settings = Connection(protocol="bacnet", host=own)
    with pytest.raises(ValueError, match=message):
        connect(BoundConnection("bms", settings, (a_device(47808, a_point(1, "analog-input,1"), **device),)))


def test_health_before_anything_was_read() -> None:
    settings = Connection(protocol="bacnet", host="10.1.2.3/24")
    connection = BoundConnection("bms", settings, (a_device(47809, a_point(1, "analog-input,1")),))
    (health,) = by_registry(connection).health()
    assert (health.device, health.link, health.since, health.last_good) == ("plant", "connecting", 0, None)

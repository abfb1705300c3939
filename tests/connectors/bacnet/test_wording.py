"""Answers in one line for a person."""

from __future__ import annotations

import pytest

from connectors.bacnet.framing import is_for_applications
from connectors.bacnet.names import WORDS
from connectors.bacnet.units import ucum
from connectors.bacnet.wording import answered, unanswered

DOORS = "0c0ec00001 1e 2a01c2 4e 9101 9102 4f 1f"
ERROR = "0c00000001 1e 2955 5e 9102 9120 5f 1f"
TRUTH = "0c0ec00001 1e 2a01de 4e 11 4f 1f"
ELEMENT = "0c0ec00001 1e 2a01c2 3902 4e 9101 4f 1f"
TEXT = "0c00000001 1e 294d 4e 7500" + "4f 1f"


@pytest.mark.parametrize(
    ("service", "data", "meaning"),
    [
        (12, "0c00000001 1955 3e 4440400000 3f", "ReadProperty: analog-input,1 present-value = 3.0"),
        (14, DOORS, "ReadPropertyMultiple: lift,1 car-door-status: 2 elements"),
        (14, ELEMENT, "ReadPropertyMultiple: lift,1 car-door-status[2] = 1"),
        (14, ERROR, "ReadPropertyMultiple: analog-input,1 present-value: unknown_property"),
        (14, TRUTH, "ReadPropertyMultiple: lift,1 passenger-alarm = True"),
        (14, "0c00000001 1e 294d 4e 720061 4f 1f", "ReadPropertyMultiple: analog-input,1 object-name = 'a'"),
        (14, TRUTH * 5, "ReadPropertyMultiple: 5 properties of 1 object"),
        (14, DOORS * 4 + ERROR, "ReadPropertyMultiple: 5 properties of 2 objects, 1 of them errors"),
        (
            14,
            "0c",
            "ReadPropertyMultiple: an answer that cannot be read: the tag before byte 1 says more than there is",
        ),
        (99, "", "service 99: "),
    ],
)
def test_answers(service: int, data: str, meaning: str) -> None:
    assert answered(service, bytes.fromhex(data.replace(" ", "")), WORDS) == meaning


def test_an_answer_that_cannot_be_read() -> None:
    assert answered(14, b"\x0c", WORDS) == (
        "ReadPropertyMultiple: an answer that cannot be read: the tag before byte 1 says more than there is"
    )


def test_what_gets_no_answer() -> None:
    assert unanswered(12, "no answer") == "ReadProperty: no answer"
    assert unanswered(5, "no answer") == "service 5: no answer"


@pytest.mark.parametrize(
    ("datagram", "handed_on"),
    [
        ("810a0009 0100 300001", True),
        ("810b000c 0120ffff00ff 1000", True),
        ("8104000f 0a010203bac0 0100 1000", True),
        ("", False),
        ("81", False),
        ("010a0009 0100", False),
        ("810a0004 01", False),
        ("8101000a 0100 0000", False),
        ("8105000a 0100 0000", False),
        ("810a0007 0180 00", False),
        ("810a000d 0108 000501 07 1000", False),
        ("8104000e 0a010203bac0 0180 00", False),
    ],
    ids=[
        "unicast", "broadcast", "forwarded", "empty", "one byte", "annex H", "too short", "write BDT", "register",
        "between routers", "from behind a router", "forwarded, between routers",
    ],
)  # fmt: skip
def test_which_datagrams_are_handed_on(datagram: str, handed_on: bool) -> None:
    assert is_for_applications(bytes.fromhex(datagram.replace(" ", ""))) is handed_on


def test_units() -> None:
    assert (ucum("kilowatt-hours"), ucum("no-units"), ucum("btus")) == ("kW.h", "", None)

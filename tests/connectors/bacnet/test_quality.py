"""The quality table, line by line, and its numbers against the standard's names."""

from __future__ import annotations

import pytest
from bacpypes3.basetypes import EventState, PropertyIdentifier, Reliability, StatusFlags

from connectors.bacnet import quality
from connectors.bacnet.quality import WITNESS_PROPERTIES, Witness, judge
from evaluators.model.samples import Quality, Reason

PRESENT_VALUE = 85
IN_ALARM, FAULT, OVERRIDDEN, OUT = (1 << n for n in range(4))
GOOD = (Quality.GOOD, Reason.NONE)
IS_FAULT = (Quality.BAD, Reason.FAULT)
IS_OUT = (Quality.UNCERTAIN, Reason.OUT_OF_SERVICE)
IS_OVERRIDDEN = (Quality.UNCERTAIN, Reason.OVERRIDDEN)


@pytest.mark.parametrize(
    ("witness", "expected"),
    [
        (Witness(), GOOD),
        (Witness(0, False, 0), GOOD),
        (Witness(IN_ALARM, False, 0), GOOD),
        (Witness(FAULT), IS_FAULT),
        (Witness(FAULT, False, 0), IS_FAULT),
        (Witness(None, None, 12), IS_FAULT),
        (Witness(0, False, 1), IS_FAULT),
        (Witness(FAULT, False, 23), GOOD),
        (Witness(0, False, 23), GOOD),
        (Witness(OUT), IS_OUT),
        (Witness(0, True, 0), IS_OUT),
        (Witness(OUT, True, 23), IS_OUT),
        (Witness(OVERRIDDEN), IS_OVERRIDDEN),
        (Witness(IN_ALARM | OVERRIDDEN, False, 0), IS_OVERRIDDEN),
        (Witness(OVERRIDDEN | OUT), IS_OUT),
        (Witness(FAULT | OVERRIDDEN | OUT, True, 1), IS_FAULT),
        (Witness(0, False, 0, event_state=0), GOOD),
        (Witness(0, False, 0, event_state=2), GOOD),
        (Witness(0, False, 0, event_state=1), IS_FAULT),
        (Witness(0, False, 23, event_state=1), GOOD),
    ],
)
def test_the_table(witness: Witness, expected: tuple[Quality, Reason]) -> None:
    assert judge(PRESENT_VALUE, witness) == expected


@pytest.mark.parametrize("number", sorted(WITNESS_PROPERTIES))
def test_a_witness_is_believed_when_it_says_that_something_is_wrong(number: int) -> None:
    assert judge(number, Witness(FAULT | OVERRIDDEN | OUT, True, 1)) == GOOD


def test_the_numbers_are_the_standards() -> None:
    names = ("event-state", "out-of-service", "reliability", "status-flags", "fault-signals")
    assert {int(PropertyIdentifier(name)) for name in names} == WITNESS_PROPERTIES
    assert (
        int(Reliability("no-fault-detected")),
        int(Reliability("faults-listed")),
    ) == (quality.NO_FAULT_DETECTED, quality.FAULTS_LISTED)
    assert int(EventState("fault")) == quality.IN_FAULT
    assert [1 << bit for bit in (StatusFlags.fault, StatusFlags.overridden, StatusFlags.outOfService)] == [
        quality.FAULT_FLAG,
        quality.OVERRIDDEN_FLAG,
        quality.OUT_OF_SERVICE_FLAG,
    ]

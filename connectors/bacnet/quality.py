"""How far a BACnet value can be trusted, from what its object says of itself. Pure.

The first line that applies decides:

| the object says | quality | reason |
|---|---|---|
| the point is itself a witness: see `WITNESS_PROPERTIES` | good | |
| Reliability is neither no-fault-detected nor faults-listed | bad | fault |
| Status_Flags has FAULT, or Event_State is fault, and Reliability is not faults-listed | bad | fault |
| Out_Of_Service is TRUE, or Status_Flags has OUT_OF_SERVICE | uncertain | out_of_service |
| Status_Flags has OVERRIDDEN | uncertain | overridden |
| anything else, IN_ALARM too | good | |

The value is kept in every line. An alarm is a value, not a quality. Faults-listed says that the equipment lists
faults of its own, as a lift does in Fault_Signals: its values are right, and say that it is faulty. What an object
does not have, or does not tell, counts as not set.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluators.model.samples import Quality, Reason

COV_INCREMENT = 22
EVENT_STATE = 36
OUT_OF_SERVICE = 81
RELIABILITY = 103
STATUS_FLAGS = 111
FAULT_SIGNALS = 463

WITNESS_PROPERTIES = frozenset({EVENT_STATE, OUT_OF_SERVICE, RELIABILITY, STATUS_FLAGS, FAULT_SIGNALS})
"""Property numbers of which a value says that something is wrong, and is right to say so."""
ASKED = (STATUS_FLAGS, OUT_OF_SERVICE, RELIABILITY)
"""What every object is asked for along with its points, where its type has them."""

FAULT_FLAG = 1 << 1
OVERRIDDEN_FLAG = 1 << 2
OUT_OF_SERVICE_FLAG = 1 << 3

NO_FAULT_DETECTED = 0
FAULTS_LISTED = 23
IN_FAULT = 1
"""As an Event_State."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What an object says of itself; None where it does not say. Bit 0 of ``status_flags`` is IN_ALARM.

    Event_State is not asked for, since the flags say the same; it counts where a point of the site reads it.
    """

    status_flags: int | None = None
    out_of_service: bool | None = None
    reliability: int | None = None
    event_state: int | None = None


def judge(property_number: int, witness: Witness) -> tuple[Quality, Reason]:
    """The quality of a value of this property, by the table above."""
    if property_number in WITNESS_PROPERTIES:
        return Quality.GOOD, Reason.NONE
    flags = witness.status_flags or 0
    if witness.reliability not in (None, NO_FAULT_DETECTED, FAULTS_LISTED):
        return Quality.BAD, Reason.FAULT
    faulty = flags & FAULT_FLAG or witness.event_state == IN_FAULT
    if faulty and witness.reliability != FAULTS_LISTED:
        return Quality.BAD, Reason.FAULT
    if witness.out_of_service or flags & OUT_OF_SERVICE_FLAG:
        return Quality.UNCERTAIN, Reason.OUT_OF_SERVICE
    if flags & OVERRIDDEN_FLAG:
        return Quality.UNCERTAIN, Reason.OVERRIDDEN
    return Quality.GOOD, Reason.NONE

"""Whether an answer belongs to its question (Modbus Messaging on TCP/IP, V1.0b, and Application Protocol, V1.1b3).

Pure, on whole frames: transaction, protocol, length, unit, function code and data, as they are on the wire.
"""

from __future__ import annotations

from evaluators.model.samples import Reason

READS = {1, 2, 3, 4}
"""The only function codes this connector sends: read coils, discrete inputs, holding and input registers."""

EXCEPTIONS = {
    1: Reason.ILLEGAL_FUNCTION,
    2: Reason.ILLEGAL_ADDRESS,
    3: Reason.ILLEGAL_VALUE,
    4: Reason.DEVICE_FAILURE,
    5: Reason.DEVICE_BUSY,
    6: Reason.DEVICE_BUSY,
    10: Reason.GATEWAY_UNAVAILABLE,
    11: Reason.GATEWAY_NO_RESPONSE,
}
"""Exception codes; any other is `Reason.OTHER_EXCEPTION`."""


def belongs(question: bytes, answer: bytes) -> bool | None:
    """Whether ``answer`` is the one answer to ``question``, a read; None while it may yet become it.

    What comes too early, too long, with another transaction, protocol, length, unit, function code or byte
    count does not belong. An exception belongs whatever its code.
    """
    head = question[:4]
    unit = question[6]
    function = question[7]
    data = _bytes(function, int.from_bytes(question[10:12], "big"))
    values = head + (3 + data).to_bytes(2, "big") + bytes((unit, function, data))
    exception = head + b"\x00\x03" + bytes((unit, function | 0x80))
    for start, rest in ((values, data), (exception, 1)):
        if answer.startswith(start):
            missing = len(start) + rest - len(answer)
            return None if missing > 0 else missing == 0
        if start.startswith(answer):
            return None
    return False


def _bytes(function: int, count: int) -> int:
    return count * 2 if function > 2 else (count + 7) // 8

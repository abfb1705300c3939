"""What a device's refusal of a whole request means: what its points get, and whether to ask for less. Pure."""

from __future__ import annotations

from connectors.bacnet.decode import error_reason
from evaluators.model.samples import Reason

TOO_LONG_REJECTS = frozenset({0, 1, 7, 9})
"""Reject reasons other, buffer-overflow, too-many-arguments, unrecognized-service: ask for less at once."""
TOO_LONG_ABORTS = frozenset({0, 1, 4, 8, 9, 11})
"""Abort reasons other, buffer-overflow, segmentation-not-supported, application-exceeded-reply-time,
out-of-resources, apdu-too-long: ask for less at once."""


UNRECOGNIZED_SERVICE = 9
"""Reject reason."""


class Refused(Exception):
    """A request got no values. ``reason`` is for a point that was asked for alone; ``too_long``: fewer
    properties in every request may help; ``error_code`` is that of a BACnet error; ``unknown_service``: no request
    of this kind is worth another try."""

    def __init__(
        self,
        reason: Reason,
        said: str,
        too_long: bool = False,
        error_code: int | None = None,
        unknown_service: bool = False,
    ) -> None:
        super().__init__(said)
        self.reason = reason
        self.too_long = too_long
        self.error_code = error_code
        self.unknown_service = unknown_service


def by_error(code: int, word: str) -> Refused:
    """For a BACnet error with this code; ``word`` is for people."""
    return Refused(error_reason(code), f"BACnet error {word}", error_code=code)


def by_reject(reason: int, word: str) -> Refused:
    """For a reject with this reason; ``word`` is for people."""
    return Refused(
        Reason.REJECTED,
        f"BACnet reject {word}",
        too_long=reason in TOO_LONG_REJECTS,
        unknown_service=reason == UNRECOGNIZED_SERVICE,
    )


def by_abort(reason: int, word: str) -> Refused:
    """For an abort with this reason; ``word`` is for people."""
    return Refused(Reason.ABORTED, f"BACnet abort {word}", too_long=reason in TOO_LONG_ABORTS)

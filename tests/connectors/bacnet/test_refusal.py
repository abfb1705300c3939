"""What refusals mean, against the standard's names."""

from __future__ import annotations

import pytest
from bacpypes3.apdu import AbortReason, RejectReason
from bacpypes3.basetypes import ErrorCode

from connectors.bacnet.refusal import by_abort, by_error, by_reject
from evaluators.model.samples import Reason


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("unknown-object", Reason.UNKNOWN_OBJECT),
        ("unknown-property", Reason.UNKNOWN_PROPERTY),
        ("read-access-denied", Reason.PROTOCOL_ERROR),
        ("invalid-array-index", Reason.PROTOCOL_ERROR),
    ],
)
def test_errors(code: str, reason: Reason) -> None:
    refused = by_error(int(ErrorCode(code)), code)
    assert (refused.reason, refused.too_long, refused.error_code) == (reason, False, int(ErrorCode(code)))


@pytest.mark.parametrize(
    ("name", "too_long"),
    [
        ("buffer-overflow", True),
        ("too-many-arguments", True),
        ("unrecognized-service", True),
        ("undefined-enumeration", False),
        ("invalid-tag", False),
    ],
)
def test_rejects(name: str, too_long: bool) -> None:
    refused = by_reject(int(RejectReason(name)), name)
    assert (refused.reason, refused.too_long) == (Reason.REJECTED, too_long)


@pytest.mark.parametrize(
    ("name", "too_long"),
    [
        ("buffer-overflow", True),
        ("segmentation-not-supported", True),
        ("apdu-too-long", True),
        ("out-of-resources", True),
        ("preempted-by-higher-priority-task", False),
        ("security-error", False),
    ],
)
def test_aborts(name: str, too_long: bool) -> None:
    refused = by_abort(int(AbortReason(name)), name)
    assert (refused.reason, refused.too_long) == (Reason.ABORTED, too_long)

"""Who-Is and I-Am, held against bacpypes3's."""

from __future__ import annotations

import pytest
from bacpypes3.apdu import APCISequence, IAmRequest, UnconfirmedRequestPDU
from bacpypes3.basetypes import Segmentation
from hypothesis import given
from hypothesis import strategies as st

from connectors.bacnet.announcement import MOST_INSTANCE, IAm, i_am, who_is
from connectors.bacnet.tags import Malformed

INSTANCES = st.integers(0, MOST_INSTANCE)


@given(INSTANCES, INSTANCES)
def test_a_who_is_is_as_bacpypes3_reads_it(low: int, high: int) -> None:
    pdu = UnconfirmedRequestPDU(8)
    pdu.put_data(who_is(low, high))
    theirs = APCISequence.decode(pdu)
    limits = (theirs.deviceInstanceRangeLowLimit, theirs.deviceInstanceRangeHighLimit)
    assert limits == ((None, None) if (low, high) == (0, MOST_INSTANCE) else (low, high))


@given(INSTANCES, st.integers(0, 65535), st.integers(0, 3), st.integers(0, 65535))
def test_an_i_am_is_read_as_bacpypes3_wrote_it(
    instance: int, max_apdu: int, segmentation: int, vendor: int
) -> None:
    theirs = IAmRequest(
        iAmDeviceIdentifier=("device", instance),
        maxAPDULengthAccepted=max_apdu,
        segmentationSupported=Segmentation(segmentation),
        vendorID=vendor,
    )
    assert i_am(bytes(theirs.encode().pduData)) == IAm(instance, max_apdu, segmentation, vendor)


@pytest.mark.parametrize(
    "spoiled",
    [
        "",
        "c40200000c 2205c4 9103",
        "c40200000c 2205c4 9103 2203e7 2101",
        "c40000000c 2205c4 9103 2203e7",
        "2101 2205c4 9103 2203e7",
        "c40200000c 4405c4 9103",
        "c40200000c 7400616263 9103 2203e7",
        "c40200000c 2205c4 9103 2203e7 0f 00",
    ],
)
def test_what_is_no_i_am(spoiled: str) -> None:
    with pytest.raises(Malformed):
        i_am(bytes.fromhex(spoiled.replace(" ", "")))

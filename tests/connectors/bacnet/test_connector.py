"""The connector on real sockets, against devices served by bacpypes3."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from evaluators.model.samples import Reason
from tests.connectors.bacnet.field import (
    Recorder,
    a_connector,
    a_device,
    a_point,
    a_rig,
    a_served,
    running,
)
from tests.waiting import until

LIFT: dict[str, Any] = {
    "carMode": 1,
    "carPosition": 7,
    "carDoorStatus": [2, 1],
    "passengerAlarm": False,
    "faultSignals": [6, 3],
}


async def read(objects: list[Any], *points: Any, **device: Any) -> dict[int, tuple[object, str, str]]:
    """What one poll of the points gives."""
    sink = Recorder()
    async with a_rig(*objects) as rig, running(a_connector(a_device(rig.line.port, *points, **device)), sink):
        await until(lambda: sink.blocks)
    return sink.last()


async def test_values_of_every_kind() -> None:
    found = await read(
        [
            partial(a_served, "analog-input", presentValue=21.5),
            partial(a_served, "binary-input", presentValue=1),
            partial(a_served, "multi-state-value", presentValue=3),
            partial(a_served, "positive-integer-value", presentValue=4_000_000_000),
            partial(a_served, "characterstring-value", presentValue="冷站"),
            partial(a_served, "life-safety-point", presentValue=2, trackingValue=2),
            partial(a_served, "life-safety-zone", presentValue=0, trackingValue=0),
        ],
        a_point(1, "analog-input,1"),
        a_point(2, "binary-input,1", "bool"),
        a_point(3, "binary-input,1", "int"),
        a_point(4, "multi-state-value,1", "int"),
        a_point(5, "positive-integer-value,1", "int"),
        a_point(6, "characterstring-value,1", "text"),
        a_point(7, "life-safety-point,1", "int"),
        a_point(8, "life-safety-point,1", "text"),
        a_point(9, "life-safety-zone,1", "text"),
        a_point(10, "analog-input,1", "int", property="status-flags"),
        a_point(11, "analog-input,1", "text", property="object-name"),
    )
    assert {index: value for index, (value, quality, _) in found.items() if quality == "good"} == {
        1: 21.5,
        2: True,
        3: 1,
        4: 3,
        5: 4_000_000_000,
        6: "冷站",
        7: 2,
        8: "alarm",
        9: "quiet",
        10: 0,
        11: "analog-input-1",
    }


async def test_a_lift() -> None:
    found = await read(
        [partial(a_served, "lift", **LIFT)],
        a_point(1, "lift,1", "int", property="car-mode"),
        a_point(2, "lift,1", "text", property="car-mode"),
        a_point(3, "lift,1", "int", property="fault-signals"),
        a_point(4, "lift,1", "int", property="car-door-status", index=2),
        a_point(5, "lift,1", "int", property="car-door-status", index=0),
        a_point(6, "lift,1", "int", property="car-door-status"),
        a_point(7, "lift,1", "bool", property="passenger-alarm"),
        a_point(8, "lift,1", "int", property="car-position"),
    )
    assert {index: value for index, (value, _, _) in found.items()} == {
        1: 1, 2: "normal", 3: 2, 4: 1, 5: 2, 6: 2, 7: False, 8: 7,
    }  # fmt: skip


async def test_an_escalator_and_a_group_of_lifts() -> None:
    found = await read(
        [
            partial(
                a_served,
                "escalator",
                escalatorMode=2,
                operationDirection=3,
                powerMode=True,
                passengerAlarm=False,
                faultSignals=[8, 0],
                energyMeter=7.5,
            ),
            partial(a_served, "elevator-group", groupMode=2, groupMembers=[("lift", 1), ("lift", 2)]),
        ],
        a_point(1, "escalator,1", "text", property="escalator-mode"),
        a_point(2, "escalator,1", "int", property="operation-direction"),
        a_point(3, "escalator,1", "bool", property="power-mode"),
        a_point(4, "escalator,1", "text", property="fault-signals"),
        a_point(5, "escalator,1", "float", property="energy-meter"),
        a_point(6, "elevator-group,1", "text", property="group-mode"),
        a_point(7, "elevator-group,1", "int", property="group-members"),
        a_point(8, "elevator-group,1", "int", property="group-members", index=0),
        a_point(9, "elevator-group,1", "int", property="group-members", index=2),
    )
    assert {index: value for index, (value, quality, _) in found.items() if quality == "good"} == {
        1: "up", 2: 3, 3: True, 4: "comb-plate-fault, controller-fault", 5: 7.5, 6: "down-peak", 7: 2, 8: 2,
    }  # fmt: skip
    assert found[9] == (None, "bad", "wrong_type"), "an identifier is no number"


async def test_a_meter_and_outputs() -> None:
    found = await read(
        [
            partial(
                a_served, "accumulator", presentValue=123456, scale={"floatScale": 0.1}, units="kilowattHours"
            ),
            partial(a_served, "analog-output", presentValue=55.5, priorityArray=None, relinquishDefault=0.0),
            partial(a_served, "binary-value", presentValue=1),
            partial(a_served, "multi-state-input", presentValue=4),
        ],
        a_point(1, "accumulator,1", "int"),
        a_point(2, "accumulator,1", "int", property="scale"),
        a_point(3, "analog-output,1"),
        a_point(4, "binary-value,1", "bool"),
        a_point(5, "multi-state-input,1", "int"),
    )
    assert found == {
        1: (123456, "good", ""),
        2: (None, "bad", "wrong_type"),
        3: (55.5, "good", ""),
        4: (True, "good", ""),
        5: (4, "good", ""),
    }


@pytest.mark.parametrize("signals", [[], [6]])
async def test_one_fault_signal_is_counted_not_taken_for_the_count(signals: list[int]) -> None:
    found = await read(
        [partial(a_served, "lift", **{**LIFT, "faultSignals": signals})],
        a_point(1, "lift,1", "int", property="fault-signals"),
    )
    assert found[1] == (len(signals), "good", "")


async def test_a_lift_that_lists_faults_is_believed() -> None:
    found = await read(
        [partial(a_served, "lift", **{**LIFT, "reliability": 23, "carMode": 12})],
        a_point(1, "lift,1", "int", property="car-mode"),
        a_point(2, "lift,1", "int", property="fault-signals"),
        a_point(3, "lift,1", "text", property="reliability"),
    )
    assert found == {1: (12, "good", ""), 2: (2, "good", ""), 3: ("faults-listed", "good", "")}


async def test_status_changes_the_quality_and_the_value_stays() -> None:
    sink = Recorder()
    points = (a_point(1, "analog-input,1"), a_point(2, "analog-input,1", "int", property="status-flags"))
    async with (
        a_rig(partial(a_served, "analog-input", presentValue=3.0)) as rig,
        running(a_connector(a_device(rig.line.port, *points)), sink) as health,
    ):
        served = rig.station.get_object_name("analog-input-1")
        await until(lambda: sink.last().get(1) == (3.0, "good", ""))
        served._flags = [0, 1, 0, 0]
        await until(lambda: sink.last()[1] == (3.0, "bad", "fault"))
        assert sink.last()[2][1] == "good"
        served._flags = [0, 0, 0, 0]
        served.reliability = "no-sensor"
        await until(lambda: sink.last()[1] == (3.0, "bad", "fault") and sink.last()[2][0] == 0)
        served.reliability = "no-fault-detected"
        served.outOfService = True
        await until(lambda: sink.last()[1] == (3.0, "uncertain", "out_of_service"))
        served.outOfService = False
        served._flags = [0, 0, 1, 0]
        await until(lambda: sink.last()[1] == (3.0, "uncertain", "overridden"))
        served._flags = [1, 0, 0, 0]
        await until(lambda: sink.last()[1] == (3.0, "good", ""))
        assert health().link == "up"


async def test_what_is_not_there_costs_only_itself() -> None:
    sink = Recorder()
    points = (
        a_point(1, "analog-input,1"),
        a_point(2, "analog-input,9"),
        a_point(3, "analog-input,1", property="max-pres-value"),
        a_point(4, "binary-input,1", "bool"),
        a_point(5, "analog-input,1", property="present-value", index=3),
    )
    async with (
        a_rig(
            partial(a_served, "analog-input", presentValue=3.0),
            partial(a_served, "binary-input", presentValue=0, reliability=None),
        ) as rig,
        running(a_connector(a_device(rig.line.port, *points)), sink) as health,
    ):
        await until(lambda: len(sink.blocks) > 2)
        assert sink.last() == {
            1: (3.0, "good", ""),
            2: (None, "bad", "unknown_object"),
            3: (None, "bad", "unknown_property"),
            4: (False, "good", ""),
            5: (None, "bad", "protocol_error"),
        }
        assert health().link == "degraded"
        assert "3 of 5 points without a value" in health().detail
        assert "analog-input,9.present-value: unknown_object" in health().detail


async def test_a_witness_that_an_object_lacks_is_asked_for_once_a_connection() -> None:
    sink = Recorder()
    async with (
        a_rig(partial(a_served, "binary-input", presentValue=0, reliability=None)) as rig,
        running(a_connector(a_device(rig.line.port, a_point(1, "binary-input,1", "bool")), timeout_s=0.2), sink),
    ):
        asked = rig.station.asked
        await until(lambda: len(sink.blocks) > 2)
        assert asked[:3] == [4, 3, 3]
        rig.line.cut = True
        await until(lambda: sink.last()[1][2] == "timeout")
        asked.clear()
        rig.line.cut = False
        await until(lambda: len(asked) > 2)
        assert asked[:3] == [4, 3, 3]


async def test_a_request_that_is_refused_as_a_whole_is_asked_in_parts() -> None:
    """bacpypes3 answers with one error when none of the objects is there."""
    found = await read(
        [partial(a_served, "analog-input", presentValue=3.0)],
        a_point(1, "analog-input,7"),
        a_point(2, "analog-input,8"),
        a_point(3, "analog-input,1"),
        max_properties=8,
    )
    assert found == {
        1: (None, "bad", "unknown_object"),
        2: (None, "bad", "unknown_object"),
        3: (3.0, "good", ""),
    }


async def test_a_device_of_which_only_its_device_object_is_asked() -> None:
    found = await read(
        [],
        a_point(1, "device,12", "text", property="system-status"),
        a_point(2, "device,12", "text", property="model-name"),
    )
    assert found == {1: ("operational", "good", ""), 2: ("N/A", "good", "")}


@pytest.mark.parametrize("rejects", [None, "too-many-arguments"])
async def test_a_device_that_refuses_long_requests_is_asked_for_less_and_that_is_remembered(
    rejects: str | None,
) -> None:
    sink = Recorder()
    points = [a_point(n, f"analog-input,{n}") for n in range(1, 9)]
    async with a_rig(*(partial(a_served, "analog-input", n, presentValue=n * 1.0) for n in range(1, 9))) as rig:
        rig.station.most, rig.station.rejects = 8, rejects
        async with running(a_connector(a_device(rig.line.port, *points)), sink):
            await until(lambda: len(sink.blocks) > 2)
            assert sink.blocks[0].samples() is not None
            for block in sink.blocks:
                assert {s.point: s.value for s in block.samples()} == {n: n * 1.0 for n in range(1, 9)}
            assert rig.station.asked[0] == 32
            assert max(rig.station.asked[-4:]) == 8


async def test_a_device_without_read_property_multiple_is_read_property_by_property() -> None:
    sink = Recorder()
    points = [a_point(1, "analog-input,1"), a_point(2, "binary-input,1", "bool")]
    async with a_rig(
        partial(a_served, "analog-input", presentValue=3.0), partial(a_served, "binary-input", presentValue=1)
    ) as rig:
        rig.station.most, rig.station.rejects = 0, "unrecognized-service"
        async with running(a_connector(a_device(rig.line.port, *points)), sink):
            await until(lambda: len(sink.blocks) > 2)
            assert sink.last() == {1: (3.0, "good", ""), 2: (True, "good", "")}
            tried = len(rig.station.asked)
            await until(lambda: len(sink.blocks) > 4)
            assert len(rig.station.asked) == tried


async def test_an_answer_too_long_for_one_datagram_is_asked_for_in_parts() -> None:
    """bacpypes3 itself aborts: segmentation not supported, by us."""
    names = {n: f"{n:03d}-" + "x" * 200 for n in range(1, 21)}
    sink = Recorder()
    points = [a_point(n, f"analog-input,{n}", "text", property="object-name") for n in names]
    async with (
        a_rig(
            *(partial(a_served, "analog-input", n, objectName=names[n], presentValue=0.0) for n in names)
        ) as rig,
        running(a_connector(a_device(rig.line.port, *points, max_properties=200)), sink),
    ):
        await until(lambda: sink.blocks)
    assert {s.point: s.value for s in sink.samples()} == names
    assert {s.reason for s in sink.samples()} == {Reason.NONE}

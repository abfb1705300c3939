"""Nothing that this connector can send changes a controller: by its source, and by what goes over the wire."""

from __future__ import annotations

import ast
import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest
from bacpypes3.apdu import confirmed_request_types, unconfirmed_request_types

import connectors.bacnet
from agent.clock import SystemClock
from connectors.bacnet.connector import probe, scan
from connectors.bacnet.settings import Connection
from connectors.bacnet.wire import MAY_ASK, WireChannel
from connectors.protocol import BoundConnection
from tests.connectors.bacnet.field import (
    LOOPBACK,
    SAYS,
    Notifier,
    Recorder,
    a_connector,
    a_device,
    a_free_port,
    a_point,
    a_rig,
    a_served,
    running,
    said,
)
from tests.connectors.bacnet.segment import Segment, a_segment
from tests.connectors.bacnet.test_segment import said as line_of
from tests.waiting import until


@contextmanager
def started(cable: Segment, end: str, what: str) -> Iterator[subprocess.Popen[str]]:
    """A program at one end, once it has said its first word."""
    with cable.run(end, what) as program:
        try:
            assert next(iter(line_of(program).values()))
            yield program
        finally:
            program.kill()


def rest_of(program: subprocess.Popen[str]) -> str:
    """End it; what else it said."""
    program.kill()
    assert program.stdout is not None
    return program.stdout.read()


SOURCES = sorted(Path(connectors.bacnet.__file__).parent.glob("*.py"))
HARMLESS = {"ReadProperty", "ReadPropertyMultiple", "SubscribeCOV", "WhoIs", "IAm"}
FORBIDDEN = (
    "write",
    "addlistelement",
    "removelistelement",
    "createobject",
    "deleteobject",
    "devicecommunicationcontrol",
    "reinitialize",
    "lifesafetyoperation",
    "acknowledgealarm",
    "timesynchronization",
    "atomic",
    "privatetransfer",
    "textmessage",
)
"""Parts of the names of every service that changes something."""


def words(tree: ast.AST) -> Iterator[str]:
    """Every name that a module uses or defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_name_in_the_source_is_that_of_a_service_that_changes_something(path: Path) -> None:
    found = {word for word in words(ast.parse(path.read_text(encoding="utf-8"))) if suspicious(word)}
    assert found == set()


def suspicious(word: str) -> bool:
    """Whether a name belongs to such a service."""
    plain = word.replace("_", "").lower()
    return any(part in plain for part in FORBIDDEN)


def test_every_service_of_the_library_that_is_not_harmless_would_be_noticed() -> None:
    """The list above is complete as far as it matters: what is in neither list can neither write nor command."""
    services = {
        kind.__name__.removesuffix("Request")
        for kind in (*confirmed_request_types.values(), *unconfirmed_request_types.values())
    }
    assert {name for name in services - HARMLESS if not suspicious(name)} == {
        "Authenticate", "ConfirmedCOVNotification", "ConfirmedEventNotification", "GetAlarmSummary",
        "GetEnrollmentSummary", "GetEventInformation", "IHave", "ReadRange", "RequestKey", "SubscribeCOVProperty",
        "UnconfirmedCOVNotification", "UnconfirmedEventNotification", "VTClose", "VTData", "VTOpen", "WhoHas",
    }  # fmt: skip


async def test_the_one_way_out_lets_nothing_else_pass() -> None:
    assert {confirmed_request_types[number].__name__ for number in MAY_ASK} == {
        "ReadPropertyRequest",
        "ReadPropertyMultipleRequest",
        "SubscribeCOVRequest",
    }
    settings = Connection(protocol="bacnet", host=LOOPBACK)
    channel = WireChannel(f"{LOOPBACK}:47809", settings)
    for service in set(range(256)) - MAY_ASK:
        with pytest.raises(PermissionError, match=f"service {service} is never asked for"):
            await channel.ask(service, b"")
        with pytest.raises(PermissionError, match="only reads"):
            await channel.tell(service, b"")


def test_confirmed_requests_are_made_in_one_place() -> None:
    makers = [
        (path.name, node.id)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Name) and node.id.endswith("RequestPDU")
    ]
    assert Counter(makers) == {("wire.py", "ConfirmedRequestPDU"): 1, ("wire.py", "UnconfirmedRequestPDU"): 1}


async def test_a_whole_life_on_loopback() -> None:
    async with a_rig(partial(a_served, "binary-input", presentValue=0), kind=Notifier) as rig:
        where = [f"{LOOPBACK}:{rig.line.port}"]
        ours = Connection(protocol="bacnet", host=LOOPBACK, port=a_free_port(), timeout_s=0.3, retries=0)
        await scan(ours, SystemClock(), where, wait_s=0.1)
        device = a_device(
            rig.line.port,
            a_point(1, "binary-input,1", "bool"),
            id="lobby-4",
            cov="confirmed",
            poll_s=0.1,
            period_s=0.5,
        )
        await probe(BoundConnection("bms", ours, (device,)), SystemClock())
        async with running(a_connector(device), Recorder()) as health:
            await until(lambda: health().figures["notifications"] >= 1)
        assert rig.line.said() == {
            "who-is",
            "read-property",
            "read-property-multiple",
            "subscribe-cov",
            "acknowledgement",
        }


def test_a_whole_life_on_a_segment_of_its_own() -> None:
    """Captured off the cable: whatever leaves the agent's machine, to any address and port."""
    stack = ExitStack()
    with stack:
        try:
            cable = stack.enter_context(a_segment())
        except OSError as error:
            pytest.skip(f"no network segment of our own here: {error}")
        programs = [
            stack.enter_context(started(cable, end, what))
            for end, what in ((cable.devices, "serve"), (cable.devices, "capture"), (cable.agent, "life"))
        ]
        output = rest_of(programs[1])
    sent = Counter(said(bytes.fromhex(json.loads(line)["datagram"])) for line in output.splitlines())
    assert set(sent) <= SAYS, sent
    assert {"who-is", "read-property", "read-property-multiple", "subscribe-cov", "acknowledgement"} <= set(sent)
    assert sum(sent.values()) > 40

"""A network segment of its own for broadcasts, which loopback does not carry: two namespaces and a cable.

As a program it serves devices in one of them: `python -m tests.connectors.bacnet.segment serve`, or asks in the
other: `… scan`, `… watch`. What it found or saw is printed as JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from bacpypes3.apdu import IAmRequest
from bacpypes3.pdu import LocalBroadcast

from agent.clock import SystemClock
from connectors.bacnet.connector import connect, probe, scan
from connectors.bacnet.settings import Connection
from connectors.protocol import BoundConnection
from tests.connectors.bacnet.field import Notifier, Recorder, Station, a_device, a_point, a_served
from tests.waiting import until

ROOT = Path(__file__).parents[3]
AGENT, DEVICES = "10.99.7.1", ("10.99.7.2", "10.99.7.3", "10.99.7.4")
INSTANCES = (11, 12, 12)
"""Of the devices: the last two claim the same."""


class Segment:
    """The two ends, as names of namespaces."""

    def __init__(self) -> None:
        self.agent, self.devices = f"steward-a{os.getpid()}", f"steward-d{os.getpid()}"

    def run(self, end: str, *what: str) -> subprocess.Popen[str]:
        """This program at one end."""
        command = ["ip", "netns", "exec", end, sys.executable, "-m", "tests.connectors.bacnet.segment", *what]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


@contextmanager
def a_segment() -> Iterator[Segment]:
    """A cable between two namespaces with our address at one end and the devices' at the other; OSError where that
    is not permitted."""
    made = Segment()
    try:
        for end in (made.agent, made.devices):
            _ip("netns", "add", end)
            _ip("-n", end, "link", "set", "lo", "up")
        _ip(
            "link", "add", "sta", "netns", made.agent, "type", "veth", "peer", "name", "std", "netns", made.devices
        )
        _ip("-n", made.agent, "addr", "add", f"{AGENT}/24", "brd", "+", "dev", "sta")
        for address in DEVICES:
            _ip("-n", made.devices, "addr", "add", f"{address}/24", "brd", "+", "dev", "std")
        _ip("-n", made.agent, "link", "set", "sta", "up")
        _ip("-n", made.devices, "link", "set", "std", "up")
        yield made
    finally:
        for end in (made.agent, made.devices):
            with suppress(OSError):
                _ip("netns", "delete", end)


def _ip(*arguments: str) -> None:
    try:
        subprocess.run(["ip", *arguments], check=True, capture_output=True, text=True, timeout=20)
    except subprocess.CalledProcessError as error:
        raise OSError(f"ip {' '.join(arguments)}: {error.stderr.strip()}") from error


def _say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def _serve() -> None:
    """Three devices; at each SIGUSR1 the first forgets its subscriptions, and all announce themselves."""
    kinds = (Notifier, Station, Station)
    stations = [
        kind(instance, f"{address}/24", [a_served("binary-input", presentValue=0)])
        for kind, instance, address in zip(kinds, INSTANCES, DEVICES, strict=True)
    ]
    for station in stations:
        await station.ready()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, lambda: loop.create_task(_restart(stations)))
    _say(serving=len(stations))
    await asyncio.Event().wait()


async def _restart(stations: Sequence[Any]) -> None:
    stations[0].restart()
    for station in stations:
        said = IAmRequest(
            iAmDeviceIdentifier=station.device_object.objectIdentifier,
            maxAPDULengthAccepted=1024,
            segmentationSupported="noSegmentation",
            vendorID=999,
            destination=LocalBroadcast(),
        )
        await station.request(said)


def _connection() -> Connection:
    return Connection(protocol="bacnet", host=f"{AGENT}/24", timeout_s=1.0)


async def _scan(low: str, high: str) -> None:
    for found in await scan(_connection(), SystemClock(), low=int(low), high=int(high), wait_s=0.5):
        _say(settings=dict(found.settings), points=len(found.points), remarks=found.remarks)


async def _capture() -> None:
    """Every UDP datagram that our address sends, whatever its port, as the cable carries it."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(_IP)) as cable:
        cable.bind(("std", _IP))
        cable.setblocking(False)
        _say(capturing=True)
        while True:
            packet = await asyncio.get_running_loop().sock_recv(cable, 65536)
            head = (packet[0] & 0x0F) * 4
            if packet[9] == _UDP and packet[12:16] == socket.inet_aton(AGENT):
                length = int.from_bytes(packet[head + 4 : head + 6], "big")
                _say(datagram=packet[head + 8 : head + length].hex())


_IP, _UDP = 0x0800, 17


async def _life() -> None:
    """All that the connector ever does: scans, probes, polls, subscriptions of both kinds, and stops."""
    clock = SystemClock()
    await scan(_connection(), clock, wait_s=0.3)
    await scan(_connection(), clock, [DEVICES[0]], wait_s=0.3)
    points = (
        a_point(1, "binary-input,1", "bool"),
        a_point(2, "binary-input,1", "int", property="status-flags"),
        a_point(3, "binary-input,9", "bool"),
    )
    for cov in ("unconfirmed", "confirmed"):
        cadence = {"cov": cov, "poll_s": 0.2, "period_s": 1.0}
        device = a_device(47808, *points, instance=11, id="lobby-4", host=DEVICES[0], **cadence)
        bound = BoundConnection("bms", _connection(), (device,))
        await probe(bound, clock)
        connector = connect(bound)
        running = asyncio.create_task(connector.run(Recorder(), clock))
        await until(lambda: connector.health()[0].figures["notifications"] >= 1)  # noqa: B023  # called here
        await asyncio.sleep(0.5)
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    _say(lived=True)


async def _watch() -> None:
    """Subscribe to the first device, which is then restarted; say once it has been asked again."""
    device = a_device(47808, a_point(1, "binary-input,1", "bool"), instance=11, id="lobby-4", host=DEVICES[0])
    rival = a_device(47808, a_point(2, "binary-input,1", "bool"), instance=12, id="fire-5", host=DEVICES[1])
    patient = {"cov": "unconfirmed", "period_s": 60.0, "poll_s": 50.0}
    bound = [
        type(each)(each.id, each.settings.model_copy(update=patient), each.points) for each in (device, rival)
    ]
    connector = connect(BoundConnection("bms", _connection(), tuple(bound)))
    running = asyncio.create_task(connector.run(Recorder(), SystemClock()))
    await until(lambda: connector.health()[0].figures["notifications"] == 1)
    _say(subscribed=True)
    await until(lambda: connector.health()[0].figures["notifications"] == 2)
    _say(subscribed_again=True)
    await until(lambda: "same device instance" in connector.health()[1].detail)
    _say(detail=connector.health()[1].detail)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


PROGRAMS: dict[str, Callable[..., Coroutine[Any, Any, None]]] = {
    "serve": _serve,
    "capture": _capture,
    "scan": _scan,
    "watch": _watch,
    "life": _life,
}

if __name__ == "__main__":
    asyncio.run(PROGRAMS[sys.argv[1]](*sys.argv[2:]))

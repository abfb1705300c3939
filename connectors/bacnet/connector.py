"""What this connector offers: reading for ever, reading once, and finding what there is.

Nothing but Who-Is, ReadProperty, ReadPropertyMultiple and SubscribeCOV is ever asked. The protocol's library is
known to ``names`` and ``wire`` alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from connectors.bacnet.announcement import MOST_INSTANCE, who_is
from connectors.bacnet.connection import BacnetConnector
from connectors.bacnet.device import DevicePoll
from connectors.bacnet.names import WORDS, property_number, resolved
from connectors.bacnet.settings import Connection, Device, Point
from connectors.bacnet.sockets import address_of, own_interface
from connectors.bacnet.sounding import Sounded, sound
from connectors.bacnet.survey import USUAL_PORT, Roll, Surveyor, ask_the_silent, survey
from connectors.bacnet.watched import Watched
from connectors.bacnet.wire import BacnetWire, WireChannel, open_wire
from connectors.probing import Found, Probe
from connectors.protocol import BoundConnection, Clock, Connector


def connect(connection: BoundConnection[Connection, Device, Point]) -> Connector:
    """The connector of one BACnet/IP connection.

    ValueError, naming the point, device or connection, for an address, object type or property that there is not.
    """
    channels: dict[str, WireChannel] = {}
    devices: list[tuple[str, DevicePoll]] = []
    process = 1
    for where, watched in _placed(connection):
        channel = channels.setdefault(where, WireChannel(where, connection.settings))
        devices.append((where, DevicePoll(watched, connection.name, channel, process, channel.patience_s)))
        process += len(watched.changes)
    listens = process > 1
    return BacnetConnector(devices, partial(open_wire, connection.name, connection.settings, channels, listens))


async def probe(connection: BoundConnection[Connection, Device, Point], clock: Clock) -> list[Probe]:
    """Read every point of each device once, and keep what went over the wire; in the order of the site file.

    ValueError as `connect`; OSError when our own address cannot be had, as while the agent runs.
    """
    channels: dict[str, WireChannel] = {}
    devices: list[Sounded] = []
    for where, watched in _placed(connection):
        channel = channels.setdefault(where, WireChannel(where, connection.settings))
        devices.append(Sounded(where, replace(watched, changes={}), channel, channel.heard))
    wire = await open_wire(connection.name, connection.settings, channels, False, Roll())
    wire.datagrams.kept = True
    try:
        return await sound(connection.name, devices, WORDS, clock)
    finally:
        await wire.shut()


async def scan(
    settings: Connection,
    clock: Clock,
    addresses: Sequence[str] = (),
    low: int = 0,
    high: int = MOST_INSTANCE,
    wait_s: float = 3.0,
    port: int = USUAL_PORT,
) -> list[Found]:
    """Who is there, of device instances ``low`` to ``high``, and what they hold: those at these addresses (host,
    or host:port), or all that answer to a broadcast on our network within ``wait_s``. ``port`` is the devices'.

    ValueError for an address that is none, and for a broadcast where ``host`` names no network; OSError when our
    own address cannot be had, as while the agent runs.
    """
    wanted = [_place(address, port) for address in addresses]
    if not wanted and own_interface("scan", settings.host).network.num_addresses == 1:
        raise ValueError(
            f'host = "{settings.host}": a broadcast needs its network too, such as {settings.host}/24'
        )
    roll = Roll()
    wire = BacnetWire("scan", settings, roll, peers=None, broadcast_port=port)
    channels: dict[str, WireChannel] = {}

    def channel(where: str) -> WireChannel:
        made = channels.setdefault(where, WireChannel(where, settings))
        made.wire = wire
        return made

    surveyor = Surveyor(channel, WORDS, property_number, clock)
    try:
        await wire.ready()
        await wire.listen()
        for where in wanted:
            await wire.who_is(who_is(low, high), where)
        if not wanted:
            await wire.who_is(who_is(low, high), None)
        await clock.sleep(wait_s)
        silent = await ask_the_silent(surveyor, roll, wanted)
        roll.keep(low, high, wanted)
        return [*await survey(surveyor, roll), *silent]
    finally:
        await wire.shut()


def _placed(connection: BoundConnection[Connection, Device, Point]) -> Iterator[tuple[str, Watched]]:
    """Each device, resolved, with its address and port."""
    own = f"{own_interface(connection.name, connection.settings.host).ip}:{connection.settings.port}"
    for device in connection.devices:
        address = address_of(device.id, device.settings.host)
        where = f"{address}:{device.settings.port}"
        if where == own:
            raise ValueError(f"device {device.id}: {where} is our own address: give one of them another port")
        if address.is_loopback and device.settings.port == connection.settings.port:
            port = device.settings.port
            raise ValueError(f"device {device.id}: on loopback give it another port than {port}, ours")
        yield where, resolved(device)


def _place(address: str, port: int) -> str:
    host, _, own_port = address.partition(":")
    if own_port and not own_port.isdigit():
        raise ValueError(f'"{address}" is no address: write it as 10.1.2.40 or 10.1.2.40:47809')
    return f"{address_of(address, host)}:{own_port or port}"

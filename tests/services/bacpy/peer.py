"""A BACnet device and client that are not ours: run by the interpreter that has bac-py, not by that of the tests.

``serve PORT`` serves some objects, prints ``{"serving": …}`` and takes lines ``TYPE INSTANCE VALUE`` on its input,
each of which changes a present value. ``read PORT HOST:PORT`` takes ``{"object": ["property", …]}`` as one line of
JSON and prints what it read. ``watch PORT HOST:PORT OBJECT`` subscribes and prints each notification.
``measure …`` is for the benchmark.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

from bac_py import BACnetApplication, Client, DefaultServerHandlers, DeviceConfig, DeviceObject, decode_cov_values
from bac_py.objects.analog import AnalogInputObject
from bac_py.objects.binary import BinaryInputObject
from bac_py.objects.life_safety import LifeSafetyPointObject
from bac_py.objects.multistate import MultiStateValueObject
from bac_py.objects.transportation import LiftObject
from bac_py.types.enums import EngineeringUnits, LifeSafetyState, ObjectType, PropertyIdentifier
from bac_py.types.primitives import ObjectIdentifier

HOST = "127.0.0.1"
INSTANCE = 77


def say(**what: Any) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(what, default=str) + "\n")
    sys.stdout.flush()


async def lines() -> Any:
    """The lines of the input, as they come."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode()


async def serve(port: str) -> None:
    """Serve until the input ends."""
    config = DeviceConfig(
        instance_number=INSTANCE, name="peer", vendor_name="ACME", vendor_id=999, interface=HOST, port=int(port)
    )
    async with BACnetApplication(config) as app:
        device = DeviceObject(
            instance_number=INSTANCE, object_name="peer", vendor_name="ACME", vendor_identifier=999
        )
        celsius = EngineeringUnits.DEGREES_CELSIUS
        for each in (
            device,
            AnalogInputObject(1, object_name="supply", units=celsius, present_value=21.5, cov_increment=0.5),
            BinaryInputObject(1, object_name="fan", present_value=1),
            MultiStateValueObject(1, object_name="mode", number_of_states=4, present_value=3),
            LifeSafetyPointObject(1, object_name="smoke", present_value=LifeSafetyState.ALARM),
            LiftObject(1, object_name="lift"),
        ):
            app.object_db.add(each)
        DefaultServerHandlers(app, app.object_db, device).register()
        say(serving=len(app.object_db))
        async for line in lines():
            kind, instance, value = line.split()
            found = app.object_db.get(ObjectIdentifier(ObjectType(int(kind)), int(instance)))
            found._properties[PropertyIdentifier.PRESENT_VALUE] = json.loads(value)
            app.cov_manager.check_and_notify(found, PropertyIdentifier.PRESENT_VALUE)


async def read(port: str, where: str) -> None:
    """Answer each line of the input with what was read."""
    async with Client(instance_number=4190001, interface=HOST, port=int(port)) as client:
        say(ready=True)
        async for line in lines():
            say(found=await client.read_multiple(where, json.loads(line)))


async def watch(port: str, where: str, monitored: str) -> None:
    """Print each notification until the input ends."""
    async with Client(instance_number=4190001, interface=HOST, port=int(port)) as client:
        await client.subscribe_cov_ex(
            where, monitored, process_id=1, lifetime=60, callback=lambda told, _: say(told=decode_cov_values(told))
        )
        async for _ in lines():
            return


async def measure(port: str, where: str, objects: str, at_once: str, seconds: str, *properties: str) -> None:
    """Read these properties of so many analog inputs, again and again, and say what one cost, µs."""
    last, step = int(objects) + 1, int(at_once)
    questions = [
        {f"analog-input,{n}": list(properties) for n in range(first, min(first + step, last))}
        for first in range(1, last, step)
    ]
    async with Client(instance_number=4190001, interface=HOST, port=int(port)) as client:
        await client.read_multiple(where, questions[0])
        read = 0
        cpu, wall = time.process_time(), time.perf_counter()
        while time.perf_counter() - wall < float(seconds):
            for question in questions:
                found = await client.read_multiple(where, question)
                read += sum(map(len, found.values()))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(cpu=cpu / read * 1e6, wall=wall / read * 1e6, mib=mib)


PROGRAMS: dict[str, Any] = {"serve": serve, "read": read, "watch": watch, "measure": measure}
asyncio.run(PROGRAMS[sys.argv[1]](*sys.argv[2:]))

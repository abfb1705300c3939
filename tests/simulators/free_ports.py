"""Ports for one run of the simulators."""

from __future__ import annotations

import itertools
import os
import socket

from simulators.ports import BACNET, BROKER, HOST, MODBUS

_OFFSETS = sorted({0, *BACNET.values(), *MODBUS.values(), *BROKER.values()})
_SPACING = 32
_FIRST, _COUNT = 20_000, 300  # below the range that the system gives out by itself
_turns = itertools.count(os.getpid())


def free_base_port() -> int:
    """A base port with everything free at its offsets; each call starts at another place."""
    for turn in itertools.islice(_turns, _COUNT):
        base = _FIRST + turn % _COUNT * _SPACING
        if all(_is_free(kind, base + n) for n in _OFFSETS for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM)):
            return base
    raise AssertionError("no free ports")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True

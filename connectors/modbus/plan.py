"""Which requests read a device's points: neighbouring addresses of one table share a request."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connectors.modbus.settings import Device, Point
from connectors.protocol import BoundPoint
from evaluators.model.samples import Reason

ModbusPoint = BoundPoint[Point]


@dataclass(frozen=True, slots=True)
class Request:
    """One question: ``count`` addresses of a table from ``address`` on, for ``points`` in the order of addresses.

    It begins with its first point and ends with its last.
    """

    table: str
    address: int
    count: int
    points: tuple[ModbusPoint, ...]

    @property
    def stop(self) -> int:
        """The first address after it."""
        return self.address + self.count


@dataclass(frozen=True, slots=True)
class Hole:
    """Addresses ``[address, stop)`` of a table that the device refuses when they are asked for together."""

    table: str
    address: int
    stop: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests of one poll, and the points that no request can read, each with the reason."""

    requests: tuple[Request, ...]
    refused: tuple[tuple[ModbusPoint, Reason], ...]


def plan(points: Iterable[ModbusPoint], limits: Device, holes: Iterable[Hole] = ()) -> Plan:
    """As few requests as reading in the order of addresses allows; the same for any order of ``points``.

    No request is longer than ``limits`` says, reads more than ``max_gap`` unasked addresses in a row, splits a
    value, or covers the whole of a hole, declared or found. A point that itself covers a hole is refused. Points
    are on the wire's addresses and fit the limits: see `Device.place`.
    """
    by_table: dict[str, list[ModbusPoint]] = defaultdict(list)
    for point in points:
        by_table[point.settings.table].append(point)
    requests: list[Request] = []
    refused: list[tuple[ModbusPoint, Reason]] = []
    declared = (Hole(*hole, Reason.ILLEGAL_ADDRESS) for hole in limits.declared())
    known = (*declared, *holes)
    for table in sorted(by_table):
        longest = limits.max_registers if table in ("holding", "input") else limits.max_bits
        bounds = _Bounds(hole for hole in known if hole.table == table)
        readable: list[ModbusPoint] = []
        for point in sorted(by_table[table], key=_place):
            hole = bounds.covered(point.settings.address, _stop(point))
            if hole is None:
                readable.append(point)
            else:
                refused.append((point, hole.reason))
        requests.extend(_merge(readable, limits.max_gap, longest, bounds))
    return Plan(tuple(requests), tuple(refused))


def halves(request: Request) -> tuple[Request, Request]:
    """A request for the first and one for the second half of its points, of which there are two or more."""
    middle = len(request.points) // 2
    return _request(request.points[:middle]), _request(request.points[middle:])


def cut(refused: Request, left: Request, right: Request, reason: Reason) -> Hole:
    """The hole that explains why ``refused`` could not be read while both its halves could.

    It reaches from the last address of the one to the first of the other: what is refused lies between, or the
    device gives no more at once. Where the halves overlap nothing narrower than the whole is known.
    """
    if left.stop <= right.address:
        return Hole(refused.table, left.stop - 1, right.address + 1, reason)
    return hole(refused, reason)


def hole(refused: Request, reason: Reason) -> Hole:
    """The hole that is all of a refused request."""
    return Hole(refused.table, refused.address, refused.stop, reason)


class _Bounds:
    """The holes of one table, to be asked for the first one that a span covers, in logarithmic time."""

    def __init__(self, holes: Iterable[Hole]) -> None:
        ordered = sorted(holes, key=lambda hole: (hole.address, hole.stop, hole.reason))
        self._addresses = [hole.address for hole in ordered]
        self._nearest: list[Hole] = []
        """For each hole: of it and all that begin later, the one that ends first."""
        for one in reversed(ordered):
            self._nearest.append(min(one, self._nearest[-1], key=lambda h: h.stop) if self._nearest else one)
        self._nearest.reverse()

    def covered(self, address: int, stop: int) -> Hole | None:
        """A hole that lies wholly in ``[address, stop)``."""
        at = bisect_left(self._addresses, address)
        if at < len(self._nearest) and self._nearest[at].stop <= stop:
            return self._nearest[at]
        return None


def _merge(points: Sequence[ModbusPoint], max_gap: int, longest: int, bounds: _Bounds) -> Iterable[Request]:
    together: list[ModbusPoint] = []
    start = end = 0
    for point in points:
        address = point.settings.address
        stop = max(end, _stop(point))
        fits = address - end <= max_gap and stop - start <= longest and bounds.covered(start, stop) is None
        if together and not fits:
            yield _request(together)
            together = []
        if not together:
            start, stop = address, _stop(point)
        together.append(point)
        end = stop
    if together:
        yield _request(together)


def _request(points: Sequence[ModbusPoint]) -> Request:
    address = points[0].settings.address
    return Request(points[0].settings.table, address, max(map(_stop, points)) - address, tuple(points))


def _place(point: ModbusPoint) -> tuple[int, int, int]:
    return point.settings.address, _stop(point), point.index


def _stop(point: ModbusPoint) -> int:
    return point.settings.address + point.settings.width

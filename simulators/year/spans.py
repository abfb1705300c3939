"""Sets of instants as sorted, disjoint, half-open spans ``[start, end)``, ns UTC."""

from __future__ import annotations

from collections.abc import Iterable

Span = tuple[int, int]


def merged(spans: Iterable[Span]) -> list[Span]:
    """Any spans as sorted disjoint ones; touching ones become one, empty ones vanish."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def common(left: list[Span], right: list[Span]) -> list[Span]:
    """The instants in both."""
    found: list[Span] = []
    place = 0
    for start, end in left:
        while place < len(right) and right[place][1] <= start:
            place += 1
        at = place
        while at < len(right) and right[at][0] < end:
            found.append((max(start, right[at][0]), min(end, right[at][1])))
            at += 1
    return found


def minus(left: list[Span], right: list[Span]) -> list[Span]:
    """The instants in the first and not in the second."""
    found: list[Span] = []
    place = 0
    for start, end in left:
        while place < len(right) and right[place][1] <= start:
            place += 1
        at, cursor = place, start
        while at < len(right) and right[at][0] < end:
            if right[at][0] > cursor:
                found.append((cursor, right[at][0]))
            cursor = max(cursor, right[at][1])
            at += 1
        if cursor < end:
            found.append((cursor, end))
    return found


def length(spans: Iterable[Span]) -> int:
    """Nanoseconds, summed."""
    return sum(end - start for start, end in spans)


def holds(spans: Iterable[Span], at: int) -> bool:
    """Whether an instant is in one of them."""
    return any(start <= at < end for start, end in spans)

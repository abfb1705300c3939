"""Which records a clause looks at, and what their fields say: typed, and checked against the bodies beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from evaluators.facts import Facts
from evaluators.model.bodies import (
    BODIES,
    Body,
    Certificate,
    Document,
    Instant,
    Plan,
    Refs,
    Staff,
    ValueAdded,
)
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Level, Subject
from evaluators.windows import day_start, local_date

B = TypeVar("B", bound=Body)

Where = Mapping[str, tuple[str | bool, ...]]
"""By field, the values that are looked for: any one of them. An empty text stands for a field left empty; of a
list one entry is enough."""

Mistake = tuple[str, str, str]
"""The parameter, what is wrong with it, what would be right."""

LAST_DAY: Mapping[type[Body], str] = {
    Certificate: "expires",
    Document: "valid_until",
    Plan: "valid_until",
    Staff: "until",
    ValueAdded: "offered_until",
}
"""Of what lasts from its anchor on: the field with its last day, empty where no end is known."""


def fits(body: Body, where: Where) -> bool:
    """Whether every field has one of the values looked for."""
    return all(_matches(getattr(body, name), words) for name, words in where.items())


def _matches(value: Any, words: tuple[str | bool, ...]) -> bool:
    if isinstance(value, tuple):
        return any(entry in words for entry in value)
    return ("" if value is None else value) in words


def is_filled(body: Body, name: str) -> bool:
    """Whether a field says anything."""
    return getattr(body, name) not in (None, "", ())


def time_of(body: Body, name: str, as_of: int) -> int | None:
    """The instant in a field; None where it is empty or later than ``as_of``: what is to come is no deed."""
    value: int | None = getattr(body, name)
    return None if value is None or value > as_of else value


def happened(facts: Facts, kind: str, where: Where, start: int, end: int) -> list[Record[Body]]:
    """The records of a kind with an anchor in ``[start, end)`` and not after ``facts.as_of``, ns UTC."""
    found = facts.records.between(BODIES[kind], start, min(end, facts.as_of + 1))
    return [record for record in found if fits(record.body, where)]


def begun(facts: Facts, kind: str, where: Where, name: str, window: Window) -> Iterator[tuple[int, Record[Body]]]:
    """The records whose instant in the field ``name`` is in the window and not after ``facts.as_of``, with it."""
    for record in facts.records.between(BODIES[kind], 0, facts.as_of + 1):
        at = time_of(record.body, name, facts.as_of)
        if at is not None and window.holds(at) and fits(record.body, where):
            yield at, record


def by_reference(records: Iterable[Record[B]], name: str) -> dict[str, list[Record[B]]]:
    """Records by each id that their field ``name`` holds, in the order given."""
    found: dict[str, list[Record[B]]] = {}
    for record in records:
        value = getattr(record.body, name)
        for reference in value if isinstance(value, tuple) else (value,):
            found.setdefault(reference, []).append(record)
    return found


def referring(found: Mapping[str, list[Record[B]]], record: Record[Any]) -> list[Record[B]]:
    """Those of `by_reference` that mean ``record``: they name it by its id, or by ``source/id``."""
    full = f"{record.source}/{record.id}"
    return [*found.get(record.id, ()), *(found.get(full, ()) if record.source else ())]


def closing_instant(window: Window, as_of: int) -> int:
    """The last instant of a window that can be looked at: its own last one, or ``as_of``."""
    return as_of if window.start == window.end else min(as_of, window.end - 1)


def in_force(body: Body, day: date) -> bool:
    """Whether what lasts has begun by ``day`` and is not over before it; both its days count."""
    last = getattr(body, LAST_DAY[type(body)])
    return getattr(body, body.ANCHOR) <= day and (last is None or day <= last)


def life(facts: Facts, record: Record[Body], until: str) -> tuple[int, int | None]:
    """From when to when a thing is there, ``[start, end)`` in ns UTC; None: not over by ``facts.as_of``.

    ``until`` is the field that ends it: an instant, or its last day.
    """
    value = getattr(record.body, until)
    end = day_start(value + timedelta(days=1), facts.zone) if isinstance(value, date) else value
    return facts.records.anchor(record), None if end is None or end > facts.as_of else end


def is_kept(facts: Facts, kind: str, window: Window) -> bool:
    """Whether anybody keeps such records: one falls into the window or, of what lasts, begins before its end.

    Where nobody does, that one is not there says nothing.
    """
    body = BODIES[kind]
    end = closing_instant(window, facts.as_of) + 1
    start = 0 if body in LAST_DAY or window.start == window.end else window.start
    return bool(facts.records.between(body, start, end))


def day_of(facts: Facts, window: Window) -> date:
    """The last date of the window that can be looked at, in the site's zone."""
    return local_date(closing_instant(window, facts.as_of), facts.zone)


def the_site(facts: Facts) -> Subject:
    """The site as the subject of a verdict."""
    return Subject(Level.SITE, facts.site.id)


def check_kind(key: str, kind: str) -> Iterator[Mistake]:
    """Whether a parameter names a kind of record."""
    if kind not in BODIES:
        yield key, f'"{kind}" is no kind of record', f"give one of {', '.join(BODIES)}"


def check_fields(key: str, kind: str, names: Iterable[str], *wanted: Any) -> Iterator[Mistake]:
    """Whether a kind of record has fields of such names, each of one of the types ``wanted`` (none: any).

    Of what is no kind nothing is said: `check_kind` does.
    """
    if kind not in BODIES:
        return
    known = field_types(kind)
    right = ", ".join(name for name, types in known.items() if not wanted or set(types) & set(wanted))
    for name in names:
        if name not in known:
            yield key, f'a {kind} has no field "{name}"', f"give one of {right}"
        elif wanted and not set(known[name]) & set(wanted):
            yield key, f'"{name}" of a {kind} holds something else', f"give one of {right}"


def check_where(key: str, kind: str, where: Where) -> Iterator[Mistake]:
    """Whether each field is there, holds words or yes and no, and can have the values looked for."""
    if kind not in BODIES:
        return
    yield from check_fields(key, kind, where, str, bool, Refs, *_enums(kind))
    for name, words in where.items():
        for word in words:
            right = _possible(field_types(kind).get(name, ()), word)
            if right:
                yield key, f"{name} is never {str(word).lower() if isinstance(word, bool) else repr(word)}", right


def _possible(types: tuple[Any, ...], word: str | bool) -> str:
    """What would be right where a field of such types is never ``word``; empty where it may be."""
    if bool in types:
        return "" if isinstance(word, bool) or word == "" else "give true or false, without quotes"
    if isinstance(word, bool):
        return "give words in quotes"
    enum = next((each for each in types if isinstance(each, type) and issubclass(each, StrEnum)), None)
    return f"give some of {', '.join(enum)}" if enum is not None and word not in list(enum) else ""


def _enums(kind: str) -> set[Any]:
    every = {each for types in field_types(kind).values() for each in types}
    return {each for each in every if isinstance(each, type) and issubclass(each, StrEnum)}


@cache
def field_types(kind: str) -> dict[str, tuple[Any, ...]]:
    """The fields of a kind of record with their types, None left out."""
    body = BODIES[kind]
    hints = get_type_hints(body)
    return {each.name: _types(hints[each.name]) for each in fields(body)}


def _types(hint: Any) -> tuple[Any, ...]:
    if hint == Refs or hint is Instant:
        return (hint,)
    return tuple(each for each in get_args(hint) if each is not type(None)) or (hint,)

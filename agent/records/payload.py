"""Records as JSON, from files and messages. Pure.

One object, or a list of them. An object's ``kind`` says what it is; its other members are the columns of that
kind, by either heading: text, numbers, true and false, null, and lists of text where several ids or files belong.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.records.columns import Column, Type, body_columns, kind_named
from agent.records.draft import Delivery, Draft, Reading
from agent.records.sheet import Known, Reader
from config.problems import nearest, shown
from evaluators.model.bodies import BODIES
from evaluators.model.times import moment

KIND = ("kind", "记录类别")
"""What an object calls its kind."""


def read_payload(name: str, text: str, known: Known, delivery: Delivery, before: str = "") -> Reading:
    """The records of a JSON text; ``name`` is that of the file or point it came by, ``before`` is put before the
    places of its records."""
    reader = Reader(name, known, delivery)
    try:
        found = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        reader.problem("", "is nested too deep", "give one JSON object a record")
        return reader.reading()
    except ValueError as error:
        reader.problem("", f"is no JSON ({error})", "give one JSON object, or a list of objects")
        return reader.reading()
    several = isinstance(found, list)
    for number, record in enumerate(found if several else [found], 1):
        place = f"record {number}" if several else "record"
        _read_record(reader, record, f"{before}{place}", delivery)
    return reader.reading()


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
        raise ValueError(f"the name {shown(twice)} comes twice in one object")
    return found


def _no_constant(word: str) -> None:
    raise ValueError(f"{word} is no number")


def _read_record(reader: Reader, record: Any, place: str, delivery: Delivery) -> None:
    if not isinstance(record, dict):
        reader.refuse(place, f"{shown(record)} is no object", "give each record as a JSON object")
        return
    words = [record[key] for key in KIND if key in record] or [delivery.kind]
    kind = kind_named(words[0]) if isinstance(words[0], str) else None
    if kind is None:
        wrong = f"{shown(words[0])} is no kind of record" if words[0] else "says no kind"
        reader.refuse(place, wrong, f'add "kind": {nearest(str(words[0]), BODIES, "kind")}')
        return
    reader.read_record(kind, {name: cell for name, cell in record.items() if name not in KIND}, place)


def payload_of(drafts: Sequence[Draft]) -> str:
    """The JSON that `read_payload` reads as these drafts, whatever the site's zone: exact to the microsecond."""
    return json.dumps([_record(draft) for draft in drafts], ensure_ascii=False, indent=1)


def _record(draft: Draft) -> dict[str, Any]:
    record = {"kind": draft.body.KIND, "id": draft.id}
    record |= {each.name: _member(each, getattr(draft.body, each.name)) for each in body_columns(type(draft.body))}
    return record | {
        "source": draft.source,
        "author": draft.author,
        "made_at": None if draft.made_at is None else moment(draft.made_at).isoformat(),
        "attachments": [{"name": each.name, "sha256": each.sha256} for each in draft.attachments],
        "withdrawn": draft.withdrawn,
    }


def _member(column: Column, value: Any) -> Any:
    if value is None:
        return None
    match column.holds:
        case Type.INSTANT:
            return moment(value).isoformat()
        case Type.DATE | Type.FRACTION:
            return str(value)
        case Type.REFS:
            return list(value)
    return value

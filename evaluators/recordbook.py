"""All records of a site, found by kind and time. Whatever order they come in, the book is the same."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from datetime import date, tzinfo
from typing import NamedTuple, TypeVar

from evaluators.model.bodies import BODIES, Body
from evaluators.model.records import Record, in_turn, newest
from evaluators.windows import day_start

B = TypeVar("B", bound=Body)

Identity = tuple[str, str, str]
"""Kind, source and id."""


class _Place(NamedTuple):
    """Where a record stands among those of its kind: by its anchor, then by what it is called."""

    at: int
    source: str
    id: str


class RecordBook:
    """The version of each record that counts, by kind and anchor; withdrawn ones are left out but kept.

    ``zone`` says when a date begins. Which version counts says `evaluators.model.records.in_turn`.
    """

    def __init__(self, zone: tzinfo, records: Iterable[Record[Body]] = ()) -> None:
        self._zone = zone
        self._versions: dict[Identity, dict[int, Record[Body]]] = {}
        self._newest: dict[Identity, Record[Body]] = {}
        self._identities: dict[str, list[Identity]] = {kind: [] for kind in BODIES}
        self._taken = dict.fromkeys(BODIES, 0)
        self._places: dict[str, list[_Place]] = {kind: [] for kind in BODIES}
        for record in records:
            self.add(record)

    def add(self, record: Record[Body]) -> None:
        """Take one version in; one that is there already changes nothing. Costs two bisections, and a look at the
        record's other versions."""
        identity = (record.kind, record.source, record.id)
        versions = self._versions.get(identity)
        if versions is None:
            versions = self._versions[identity] = {}
            self._identities[record.kind].append(identity)
        before = self._newest.get(identity)
        self._taken[record.kind] += record.version not in versions
        versions[record.version] = record
        counts = self._newest[identity] = newest(versions.values())
        if before is counts:
            return
        places = self._places[record.kind]
        if before is not None and not before.withdrawn:
            del places[bisect_left(places, self._place(before))]
        if not counts.withdrawn:
            insort(places, self._place(counts))

    def all(self, kind: type[B]) -> list[Record[B]]:
        """Every record of a kind that counts, by anchor, source and id."""
        return [self._at(kind, place) for place in self._places[kind.KIND]]

    def between(self, kind: type[B], start: int, end: int) -> list[Record[B]]:
        """Those with an anchor in ``[start, end)``, ns UTC; a date counts as its first instant."""
        places = self._places[kind.KIND]
        low, high = (bisect_left(places, _Place(at, "", "")) for at in (start, end))
        return [self._at(kind, place) for place in places[low:high]]

    def find(self, kind: type[B], record_id: str, source: str = "") -> Record[B] | None:
        """The version of one record that counts; None where there is none or it was withdrawn."""
        found = self._newest.get((kind.KIND, source, record_id))
        return None if found is None or found.withdrawn else found  # type: ignore[return-value]  # by its kind

    def versions(self, record: Record[B]) -> list[Record[B]]:
        """Every version of one record, the oldest first."""
        versions = self._versions[record.kind, record.source, record.id]
        return [versions[number] for number in sorted(versions)]  # type: ignore[misc]  # all of one kind

    def histories(self, kind: type[B]) -> Iterator[list[Record[B]]]:
        """The versions of each record of a kind that counted in their turn, the oldest first, withdrawn ones too;
        the records by source and id."""
        for identity in sorted(self._identities[kind.KIND]):
            yield list(in_turn(self._versions[identity].values()))  # type: ignore[arg-type]  # all of one kind

    def taken(self, kind: type[Body]) -> int:
        """How many versions of a kind there are: what was made of them holds while this stays the same."""
        return self._taken[kind.KIND]

    def everything(self) -> Iterator[Record[Body]]:
        """Every version there is, withdrawn ones too, in no order that means anything."""
        for versions in self._versions.values():
            yield from versions.values()

    def as_known(self, at: int) -> RecordBook:
        """The book as it was at an instant (ns UTC): of what was received until then."""
        return RecordBook(self._zone, (record for record in self.everything() if record.received <= at))

    def anchor(self, record: Record[Body]) -> int:
        """When the stated thing was, ns UTC; a date is its first instant."""
        value = getattr(record.body, record.body.ANCHOR)
        return day_start(value, self._zone) if isinstance(value, date) else int(value)

    def _place(self, record: Record[Body]) -> _Place:
        return _Place(self.anchor(record), record.source, record.id)

    def _at(self, kind: type[B], place: _Place) -> Record[B]:
        return self._newest[kind.KIND, place.source, place.id]  # type: ignore[return-value]  # of one kind


def span(record: Record[Body], zone: tzinfo) -> tuple[int, int]:
    """The first and the last instant (ns UTC, closed) that a record speaks of; a date lasts to its end."""
    found = instants(record, zone)
    return min(found), max(found)


def instants(record: Record[Body], zone: tzinfo) -> list[int]:
    """Every instant that a record names, ns UTC; of a date its first and the one after its last."""
    found: list[int] = []
    for name, kind in _times(type(record.body)).items():
        value = getattr(record.body, name)
        if value is None:
            continue
        if kind == "date":
            found += [day_start(value, zone), day_start(date.fromordinal(value.toordinal() + 1), zone)]
        else:
            found.append(int(value))
    return found


def _times(kind: type[Body]) -> dict[str, str]:
    """The fields that are times, by name, each ``instant`` or ``date``; annotations are text here."""
    found = {}
    for name, annotation in kind.__annotations__.items():
        words = str(annotation).replace("|", " ").split()
        if "Instant" in words or "date" in words:
            found[name] = "date" if "date" in words else "instant"
    return found

"""One payload: read once, however many devices it holds. Pure."""

from __future__ import annotations

import json
from typing import Any

from connectors.mqtt.paths import UNFIT, Search
from connectors.mqtt.times import Unreadable
from connectors.mqtt.values import key_of

MAX_PAYLOAD_BYTES = 1024 * 1024
"""A longer payload is not looked into."""
MOST_RECORDS = 10_000
"""In one message."""


def parse(payload: bytes) -> Any:
    """The JSON document in UTF-8, with or without a byte order mark; `Unreadable` for anything else.

    NaN and Infinity are let through as floats: they spoil their own point only.
    """
    text = _text(payload, "JSON in UTF-8")
    try:
        return json.loads(text)
    except RecursionError as error:
        raise Unreadable("the payload is nested too deep") from error
    except ValueError as error:
        raise Unreadable("the payload is not JSON") from error


def bare(payload: bytes) -> str | None:
    """A payload that is one value in text, without white space around it; None for an empty one."""
    return _text(payload, "UTF-8").strip() or None


def _text(payload: bytes, wanted: str) -> str:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Unreadable(f"the payload is too long: at most {MAX_PAYLOAD_BYTES} bytes are read")
    if payload.startswith(_BYTE_ORDER_MARK):
        payload = payload[len(_BYTE_ORDER_MARK) :]  # the codec that leaves it out is many times slower
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"the payload is not UTF-8 text: {wanted} is read") from error


class Payload:
    """The bytes of one message and what was already read of them. Each reading raises `Unreadable` every time, or
    never. ``stray`` says what is wrong with records that were left out since they are nobody's."""

    __slots__ = ("__weakref__", "_document", "_failure", "_lists", "_raw", "stray")

    def __init__(self, raw: bytes) -> None:
        self.stray = ""
        self._raw = raw
        self._document: Any = _UNREAD
        self._failure = ""  # not the error itself: with its traceback it would keep everything that led here
        self._lists: dict[object, Any] = {}

    def document(self) -> Any:
        """The JSON document."""
        if self._document is _UNREAD:
            if self._failure:
                raise Unreadable(self._failure)
            try:
                self._document = parse(self._raw)
            except Unreadable as error:
                self._failure = str(error)
                raise
        return self._document

    def text(self) -> str | None:
        """The one value in text."""
        return bare(self._raw)

    def records(self, path: str, search: Search) -> list[Any]:
        """The entries of the list at a path: none where there is none; one where it is no list but an object."""
        if path not in self._lists:
            self._lists[path] = _listed(search(self.document()), path)
        found: list[Any] = self._lists[path]
        return found

    def records_of(self, address: str, key: tuple[str, str], searches: tuple[Search | None, Search]) -> list[Any]:
        """The records that say an address. ``key`` holds the paths of the list (or nothing) and of the address."""
        if key not in self._lists:
            self._lists[key] = self._by_address(key, searches)
        by_address: dict[str, list[Any]] = self._lists[key]
        return by_address.get(address, [])

    def _by_address(self, key: tuple[str, str], searches: tuple[Search | None, Search]) -> dict[str, list[Any]]:
        listed, addressed = searches
        records = [self.document()] if listed is None else self.records(key[0], listed)
        sorted_out: dict[str, list[Any]] = {}
        for record in records:
            address = key_of(either(addressed, record, self.document()))
            if address is None:
                self.stray = f"no address at {key[1]}: text or a number is read"
            else:
                sorted_out.setdefault(address, []).append(record)
        return sorted_out


def either(search: Search, record: Any, document: Any) -> Any:
    """What is found in a record or else, since it may stand once for all of them, in the whole document."""
    found = search(record)
    return search(document) if found is None and record is not document else found


def _listed(found: Any, path: str) -> list[Any]:
    if found is None:
        return []
    if isinstance(found, dict):
        return [found]
    if found is UNFIT or not isinstance(found, list):
        raise Unreadable(f"no list of records at {path}")
    if len(found) > MOST_RECORDS:
        raise Unreadable(f"too many records at {path}: at most {MOST_RECORDS} are read")
    return found


_UNREAD = object()
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

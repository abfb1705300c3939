"""What is wrong with a site file, in words an engineer can act on."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches

Key = tuple[str, ...]
"""Where a value is: the names of its tables and its own, as in ``("site", "name")``."""

Note = Callable[[Key, str, str], None]
"""Takes down one error: the key, what is wrong, what would be right."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: the file (or environment variable) and the key it is in, what is wrong, what would be right."""

    file: str
    key: str
    wrong: str
    right: str

    def __str__(self) -> str:
        where = f"{self.file}: {self.key}" if self.key else self.file
        return f"{where}: {self.wrong}; {self.right}"


class SiteFileError(Exception):
    """The site file cannot be used. ``problems`` holds every error found: those of the tables, then those between
    them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Refused(ValueError):
    """What a table's own check raises: what is wrong, and what would be right."""

    def __init__(self, wrong: str, right: str) -> None:
        self.wrong, self.right = wrong, right
        super().__init__(f"{wrong}: {right}")


def dotted(key: Key) -> str:
    """The key as TOML writes it, always on one line."""
    return ".".join(part if _BARE.fullmatch(part) else _quoted(part) for part in key)


_BARE = re.compile(r"[A-Za-z0-9_-]+")


def nearest(word: str, known: Iterable[str], kind: str) -> str:
    """What would be right where ``word`` is none of the known ones."""
    choices = sorted(known)
    close = closest(word, choices)
    if close is not None:
        return f"did you mean {_quoted(close)}?"
    if not choices:
        return f"define a {kind} first"
    shown = ", ".join(dotted((choice,)) for choice in choices[:12])
    kinds = f"{kind}es" if kind.endswith("ch") else f"{kind}s"
    return f"{kinds} there are: {shown}{' …' if len(choices) > 12 else ''}"


def closest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be."""
    return next(iter(get_close_matches(word, known, n=1)), None)


def shown(value: object) -> str:
    """A value as TOML writes it, cut to one short line. The inside of a table is not shown."""
    text = _written(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


_SHOWN = 60


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _quoted(value[: _SHOWN + 1])
    if isinstance(value, list | tuple):
        return f"[{', '.join(_written(entry) for entry in value[:_SHOWN])}]"
    if isinstance(value, dict):
        return "{…}"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())

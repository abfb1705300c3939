"""Who hears of damage: readers meet it on connections that cannot write, the journal's writer acts on it.

Whoever reads a block that cannot be read goes on without its rows and tells so here. In the agent's process the
journal listens and sets the block aside; in any other process the message is kept for whoever shows it. All of it
is by the name SQLite gives the file, and from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

Hearing = Callable[[int, str], None]
"""Called with a block's position and what is wrong with it, in the thread that met it."""

_lock = threading.Lock()
_hearing: dict[str, Hearing] = {}
_unheard: dict[str, dict[int, str]] = {}
_generations: dict[str, int] = {}


def listen(file: str, hearing: Hearing) -> None:
    """Hear of all damaged blocks of a file from now on; one listener a file."""
    with _lock:
        _hearing[file] = hearing


def leave(file: str) -> None:
    """Hear no more."""
    with _lock:
        _hearing.pop(file, None)


def tell(file: str, block: int, problem: str) -> None:
    """A block cannot be read."""
    with _lock:
        hearing = _hearing.get(file)
        if hearing is None:
            _unheard.setdefault(file, {})[block] = problem
    if hearing is not None:
        hearing(block, problem)


def unheard() -> dict[str, dict[int, str]]:
    """What nobody listened to since the last call, by file and block."""
    with _lock:
        found = dict(_unheard)
        _unheard.clear()
    return found


def generation(file: str) -> int:
    """How often the file at this path was replaced in this process."""
    return _generations.get(file, 0)


def replaced(file: str) -> None:
    """Another file stands at this path now: connections to the old one must be opened anew."""
    with _lock:
        _generations[file] = _generations.get(file, 0) + 1

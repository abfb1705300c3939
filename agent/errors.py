"""Errors of the agent. Each says what the caller does next.

::

    StewardError
    └── JournalError           the journal did not take or give what was asked: try again later
        ├── JournalMissing     there is no such file: name another, or let the agent run first
        ├── JournalLocked      another process writes to it: stop that one first, do not try again
        ├── JournalForeign     the file is something else: name another
        ├── JournalTooNew      a newer version made it: upgrade, do not try again
        ├── JournalCorrupt     what is stored cannot be read: set the file aside and keep it
        ├── JournalReplaced        another file stands in its place: open it anew
        ├── JournalFull        the disk is full: nothing was taken; make room, then hand it in again
        ├── UnknownPoint       a block holds a point that was never registered: register it first
        └── SinkClosed         the journal is closed: the agent stops, do not try again
"""

from __future__ import annotations


class StewardError(Exception):
    """What the agent raises by itself; the message names the thing, what is wrong and what would be right."""


class JournalError(StewardError):
    """The journal did not take or give what was asked; nothing of it counts as taken. Try again later."""


class JournalMissing(JournalError):
    """There is no journal at this path."""


class JournalLocked(JournalError):
    """Another process writes to this journal."""


class JournalForeign(JournalError):
    """The file is no journal."""


class JournalTooNew(JournalError):
    """The journal was made by a newer version."""


class JournalCorrupt(JournalError):
    """What is stored cannot be read. The file is set aside, never deleted."""


class JournalReplaced(JournalError):
    """The file was damaged and another stands in its place: what reads it must open it anew."""


class JournalFull(JournalError):
    """There is no room on the disk."""


class UnknownPoint(JournalError):
    """A block holds a point that was never registered with this kind."""


class SinkClosed(JournalError):
    """The journal was closed before it took this."""

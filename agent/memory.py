"""What the garbage collector need not look at again."""

from __future__ import annotations

import gc


def settle() -> None:
    """Take everything that is in memory now as there to stay.

    A standing is some hundred thousand objects that live as long as the process; while windows are judged the
    collector would walk through all of them again and again. To be called once they are loaded, and after they
    were loaded anew: what was settled before and is no longer needed is let go first. Takes one full collection.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()

"""``steward declare``: planned work, a stand-down or a panel test, before it begins."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from agent.cli.delivering import deliver_drafts, now, stated
from agent.cli.opening import WRONG_USAGE, loaded_site, say
from evaluators.model.bodies import Declaration


def declare(site: Path | None, said: Mapping[str, Any], as_json: bool) -> int:
    """Keep a declaration; ``said`` holds its options by field. Returns the exit code."""
    loaded = loaded_site(site)
    at = now()
    draft = stated(loaded, Declaration, said, at)
    if draft is None:
        return WRONG_USAGE
    if isinstance(draft.body, Declaration) and draft.body.start < at:
        say("it begins before now: it is kept, but does not count, since it was not declared beforehand")
    return deliver_drafts(loaded, [draft], as_json)

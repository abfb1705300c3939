"""``steward commission``: that a point was proved on site to be what the site file says."""

from __future__ import annotations

from collections.abc import Sequence

from agent.cli.delivering import deliver_stated, now, site_among, wrong_usage
from agent.cli.opening import loaded_site
from evaluators.model.bodies import Commissioning
from evaluators.model.times import moment


def commission(words: Sequence[str], author: str, method: str, as_json: bool) -> int:
    """Keep the proof of points or whole devices. Returns the exit code."""
    site, points = site_among(words)
    if not points:
        return wrong_usage("no point was named; name some, as in: steward commission lift-1/mode fire-panel")
    loaded = loaded_site(site)
    at = now()
    said = {
        "points": points,
        "proved_at": moment(at).isoformat(),
        "person": author,
        "author": author,
        "method": method,
    }
    return deliver_stated(loaded, Commissioning, said, at, as_json)

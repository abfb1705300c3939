"""``steward check``."""

from __future__ import annotations

from pathlib import Path

import typer

from agent.cli.opening import DONE, loaded_site


def check_site(given: Path | None) -> int:
    """Print what the site file holds, or all of its errors (exit code 2)."""
    loaded = loaded_site(given)
    site = loaded.site
    devices = sum(len(connection.devices) for connection in loaded.connections)
    typer.echo(
        f"{loaded.path}: no errors: {devices} devices, {len(site.points)} points, {len(site.equipment)} pieces of "
        f"equipment, {sum(1 for _ in site.items())} functional items"
    )
    waiting = len(site.points) - len(loaded.commissioned)
    if waiting:
        typer.echo(f"{waiting} points are not commissioned yet: their samples count as unknown")
    return DONE

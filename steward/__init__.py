"""The launcher: the one name that an installed Steward adds to site-packages."""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Run the command line. An installed wheel keeps the rooms below ``steward/_app``; a checkout beside it."""
    packed = Path(__file__).parent / "_app"
    if packed.is_dir():
        sys.path.insert(0, str(packed))
    from agent.cli import app

    app()

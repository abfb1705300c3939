"""``python -m simulators.energy``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulators.energy.writing import write
from simulators.energy.year import make


def main() -> int:
    """Make a year and write it to a folder; 0."""
    parser = argparse.ArgumentParser(prog="simulators.energy", description="A year of meters, with its truth.")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: %(default)s)")
    parser.add_argument("--year", type=int, default=2026, help="calendar year (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the six files")
    parsed = parser.parse_args()
    write(make(parsed.seed, parsed.year), parsed.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python -m simulators.year``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from simulators.year.writing import write
from simulators.year.year import make


def main() -> int:
    """Make a year and write it to a folder; 0."""
    parser = argparse.ArgumentParser(prog="simulators.year", description="A year of a building, with its truth.")
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (default: %(default)s)")
    parser.add_argument("--items", type=int, default=1000, help="functional items (default: %(default)s)")
    parser.add_argument("--year", type=int, default=2026, help="calendar year (default: %(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the four files")
    parsed = parser.parse_args()
    write(make(parsed.seed, parsed.items, parsed.year), parsed.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What it costs to read a site file with a point list of 5,000 rows, XLSX and CSV, beside the same points in the
site file itself, in turn in one run. Run: python -m benchmarks.point_lists
"""

from __future__ import annotations

import csv
import statistics
import sys
import tempfile
import time
from pathlib import Path

from openpyxl import Workbook

from config.site import load_site

ROWS = 5000
RUNS = 5
HEAD = """
[site]
id = "tower"
timezone = "Asia/Shanghai"

{lists}

[connections.meters]
protocol = "modbus"

[devices.meter]
connection = "meters"
host = "127.0.0.1"

[devices.meter.points]
"""
COLUMNS = ("device", "point", "name", "type", "unit", "address", "encoding", "order")


def rows() -> list[list[object]]:
    """The points."""
    return [["meter", f"p-{n}", f"点 {n}", "float", "kW", 2 * n, "float32", "CDAB"] for n in range(ROWS)]


def write(folder: Path) -> dict[str, Path]:
    """Three site files of the same points, by how these are given."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("点表")
    for row in (list(COLUMNS), *rows()):
        sheet.append(row)
    book.save(folder / "points.xlsx")
    with (folder / "points.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([list(COLUMNS), *rows()])
    texts = {name: HEAD.format(lists=f'[points]\nfiles = ["points.{name}"]') for name in ("xlsx", "csv")}
    texts["toml"] = HEAD.format(lists="") + "".join(
        f'{point} = {{ name = "{name}", type = "{kind}", unit = "{unit}", address = {at}, '
        f'encoding = "{encoding}", order = "{order}" }}\n'
        for _, point, name, kind, unit, at, encoding, order in rows()
    )
    files = {}
    for name, text in texts.items():
        files[name] = folder / f"{name}.toml"
        files[name].write_text(text, encoding="utf-8")
    return files


def seconds(path: Path) -> float:
    """CPU seconds of one reading."""
    begun = time.process_time()
    found = load_site(path)
    took = time.process_time() - begun
    if len(found.site.points) != ROWS:
        raise AssertionError("a point is missing")
    return took


def main() -> None:
    """Print medians and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        files = write(Path(folder))
        runs = [{name: seconds(path) for name, path in files.items()} for _ in range(RUNS)]
    middle = {name: statistics.median(run[name] for run in runs) for name in files}
    for name, took in middle.items():
        sys.stdout.write(f"{ROWS} points as {name}: {took:.2f} s ({took / middle['toml']:.1f}× the site file)\n")


if __name__ == "__main__":
    main()

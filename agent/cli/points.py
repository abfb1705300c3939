"""``steward points``: point lists (点表) to fill in, and those of a site."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import typer

from agent.cli.opening import DONE, FAILED, WRONG_USAGE, loaded_site, say
from config.point_lists import columns, row
from config.sheets import safe
from config.site import LoadedSite
from connectors.registry import PROTOCOLS


def write_template(output: Path, protocols: Sequence[str], english: bool) -> int:
    """Write an empty list with the columns of some protocols; all of them where none is named."""
    unknown = [name for name in protocols if name not in PROTOCOLS]
    if unknown:
        say(f"{unknown[0]}: is no protocol; give one of {', '.join(sorted(PROTOCOLS))}")
        return WRONG_USAGE
    return write_list(output, columns(protocols or PROTOCOLS), (), english)


def export_points(given: Path | None, output: Path, english: bool) -> int:
    """Write every point of a site as a list that reads back as the same."""
    loaded = loaded_site(given)
    rows = list(_rows(loaded))
    used = {name for each in rows for name in each}
    wanted = columns(dict.fromkeys(connection.protocol for connection in loaded.connections))
    return write_list(output, {key: zh for key, zh in wanted.items() if key in used}, rows, english)


def _rows(loaded: LoadedSite) -> Iterator[dict[str, str]]:
    for connection in loaded.connections:
        for device_id, device in connection.devices.items():
            for point_id, settings in device.points.items():
                yield row(device_id, point_id, settings)


def write_list(output: Path, headings: Mapping[str, str], rows: Sequence[Mapping[str, str]], english: bool) -> int:
    """Write rows, by key, under these columns (keys with their Chinese headings); the exit code."""
    head = list(headings if english else headings.values())
    lines = [[safe(each.get(key, "")) for key in headings] for each in rows]
    match output.suffix.lower():
        case ".csv":
            data = _csv([head, *lines])
        case ".xlsx":
            data = _workbook(head, lines)
        case _:
            say(f"{output}: cannot be written; let its name end with .xlsx or .csv")
            return WRONG_USAGE
    try:
        output.write_bytes(data)
    except OSError as error:
        say(f"{output}: cannot be written ({error.strerror}); name a place this user may write to")
        return FAILED
    typer.echo(f"{output}: {len(rows)} points")
    return DONE


def _csv(lines: Sequence[Sequence[str]]) -> bytes:
    """With a mark at its beginning, so that spreadsheet programs read it rightly."""
    target = io.StringIO(newline="")
    csv.writer(target).writerows(lines)
    return target.getvalue().encode("utf-8-sig")


def _workbook(head: Sequence[str], lines: Sequence[Sequence[str]]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.worksheet import Worksheet

    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "点表"
    sheet.append(list(head))
    for place, heading in enumerate(head, 1):
        sheet.cell(1, place).font = Font(bold=True)
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(14, 2 * len(heading) + 4)
        sheet.column_dimensions[letter].number_format = "@"
    for line in lines:
        sheet.append(list(line))
    sheet.freeze_panes = "A2"
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()

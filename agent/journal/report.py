"""What became of the journal's file, for people: blocks and files set aside, and whether the disk is full."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from agent.history.history import History
from agent.views import Row, iso
from evaluators.model.gaps import GapCause


def damage_report(history: History, zone: ZoneInfo) -> Row:
    """As a row for JSON."""
    ((blocks,),) = history.query("SELECT count(*) FROM damaged_block")
    files = history.query("SELECT file, at, problem, seq FROM set_aside ORDER BY at")
    full = history.query(
        "SELECT min(start) FROM gap WHERE cause = ? AND until IS NULL", (GapCause.DISK_FULL.value,)
    )
    return {
        "quarantined_blocks": blocks,
        "set_aside": [
            {"file": file, "at": iso(at, zone), "problem": problem, "still_to_take_over": seq}
            for file, at, problem, seq in files
        ],
        "disk_full_since": iso(full[0][0], zone),
    }


def damage_lines(report: Row) -> list[str]:
    """The same in words; nothing where all is well."""
    lines = []
    if report["disk_full_since"]:
        lines.append(f"the disk has been full since {report['disk_full_since']}: nothing is taken; make room")
    if report["quarantined_blocks"]:
        lines.append(f"{report['quarantined_blocks']} blocks could not be read and are in quarantine")
    for file in report["set_aside"]:
        left = file["still_to_take_over"]
        rest = f", {left} blocks are still to be taken over" if left else ""
        lines.append(f"the journal was damaged and begun anew {file['at']}; kept as {file['file']}{rest}")
    return lines

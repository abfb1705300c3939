"""``steward records verify``: whether records and the files that came with them are still what was stated."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from agent.cli.opening import DONE, FAILED, loaded_site, reading_the_journal, say
from agent.history.history import History
from agent.records.attachments import Attachments
from agent.records.verification import Damaged, Verified, verify


def verify_records(site: Path | None, as_json: bool) -> int:
    """Print every file that is gone or was changed, and how much is whole. Returns the exit code."""
    loaded = loaded_site(site)
    attachments = Attachments.beside(loaded.journal_path)
    found: list[Verified] = []

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            verified = verify(history, attachments)
        found.append(verified)
        if as_json:
            typer.echo(json.dumps(_row(verified), ensure_ascii=False, indent=1))
            return
        for each in verified.damaged:
            say(_line(each, attachments.path(each.sha256)))
        whole = verified.files - len(verified.damaged)
        typer.echo(
            f"{verified.versions} versions of records are as they were stated, {whole} of {verified.files} files"
        )

    code = reading_the_journal(show)
    return FAILED if code == DONE and found[0].damaged else code


def _line(damaged: Damaged, path: Path) -> str:
    wrong = "is gone" if damaged.gone else "was changed"
    return (
        f"{', '.join(damaged.names)} of {', '.join(damaged.records)} {wrong} ({path});"
        " put the file itself back there, or hand it in again with its record"
    )


def _row(verified: Verified) -> dict[str, object]:
    return {
        "versions": verified.versions,
        "files": verified.files,
        "damaged": [
            {
                "sha256": each.sha256,
                "names": list(each.names),
                "records": list(each.records),
                "wrong": "gone" if each.gone else "changed",
            }
            for each in verified.damaged
        ],
    }

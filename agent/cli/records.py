"""``steward records``: templates, import, what is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from agent.cli.delivering import deliver, deliver_drafts, now, site_among, wrong_usage
from agent.cli.opening import DONE, FAILED, WRONG_USAGE, loaded_site, reading_the_journal, say
from agent.cli.tables import console, time_text
from agent.history.history import History
from agent.records.columns import kind_named, kinds_by_name
from agent.records.draft import Delivery
from agent.records.store import draft_of, read_all
from agent.records.views import record_row
from config.problems import nearest
from config.site import LoadedSite
from evaluators.model.bodies import BODIES, Body
from evaluators.model.records import Record, newest


def import_files(words: Sequence[str], delivery: Delivery, as_json: bool) -> int:
    """Take files in, through the running agent where there is one. Returns the exit code."""
    site, names = site_among(words)
    loaded = loaded_site(site)
    files = [Path(name) for name in names]
    if not files:
        return wrong_usage("no file to import; name one, as in: steward records import work-order.xlsx site.toml")
    for file in files:
        if not file.is_file():
            return wrong_usage(f"{file}: there is no such file; name a .csv, .xlsx or .json file")
    if delivery.kind:
        delivery = replace(delivery, kind=kind_meant(delivery.kind).KIND)
    return deliver(loaded, files, delivery, as_json)


def write_templates(kinds: Sequence[str], output: Path, as_csv: bool) -> int:
    """Write templates of some kinds, or of all that people fill in. Returns the exit code."""
    from agent.records.templates import csv_text, workbook  # openpyxl takes a while to load

    chosen = [kind_meant(word) for word in kinds] or [kind for kind in BODIES.values() if not kind.BY_COMMAND]
    if output.suffix.lower() == ".xlsx":
        if as_csv:
            return wrong_usage(f"{output}: --csv writes one file a kind; name a folder")
        files = {output: workbook(chosen)}
    elif as_csv:
        files = {output / f"{kind.KIND}.csv": csv_text(kind) for kind in chosen}
    else:
        files = {output / "records.xlsx": workbook(chosen)}
    for file, content in files.items():
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        except OSError as error:
            say(f"{file}: cannot be written ({error.strerror}); name a folder this user can write")
            return FAILED
        typer.echo(str(file))
    return DONE


def list_records(words: Sequence[str], as_json: bool) -> int:
    """Print the newest version of every record, or of those of a kind. Returns the exit code."""
    site, kinds = site_among(words)
    if len(kinds) > 1:
        return wrong_usage(f"{len(kinds)} kinds were named; name one, or none for all")
    kind = kind_meant(kinds[0]).KIND if kinds else ""
    loaded = loaded_site(site)
    zone = ZoneInfo(loaded.site.zone)

    def show() -> None:
        with History.open(loaded.journal_path) as history:
            versions: dict[str, list[Record[Body]]] = {}
            for record in read_all(history):
                if record.kind == kind or not kind:
                    versions.setdefault(record.name, []).append(record)
        counting = [newest(each) for each in versions.values()]
        if as_json:
            rows = [record_row(record, zone) for record in counting]
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        else:
            console().print(_record_table(counting, zone))

    return reading_the_journal(show)


def show_record(words: Sequence[str]) -> int:
    """Print every version of one record as JSON, the oldest first. Returns the exit code."""
    site, names = site_among(words)
    if len(names) != 1:
        return wrong_usage("name one record as KIND:ID, as in: steward records show work-order:WO-1")
    loaded = loaded_site(site)
    found: list[Record[Body]] = []

    def show() -> None:
        found.extend(_versions(loaded, names[0]))
        rows = [record_row(record, ZoneInfo(loaded.site.zone)) for record in found]
        if rows:
            typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))

    code = reading_the_journal(show)
    return _none(names[0]) if code == DONE and not found else code


def withdraw_record(words: Sequence[str], author: str, as_json: bool) -> int:
    """State the newest version of a record again as withdrawn. Returns the exit code."""
    site, names = site_among(words)
    if len(names) != 1:
        return wrong_usage("name one record as KIND:ID, as in: steward records withdraw work-order:WO-1")
    loaded = loaded_site(site)
    found: list[Record[Body]] = []
    code = reading_the_journal(lambda: found.extend(_versions(loaded, names[0])))
    if code != DONE:
        return code
    if not found:
        return _none(names[0])
    draft = draft_of(newest(found), withdrawn=True, author=author, made_at=now())
    return deliver_drafts(loaded, [draft], as_json, imported=draft.imported)


def kind_meant(word: str) -> type[Body]:
    """The kind of record called so; exits with 2 where there is none."""
    kind = kind_named(word)
    if kind is None:
        say(f"{word} is no kind of record; {nearest(word, kinds_by_name(), 'kind')}")
        raise typer.Exit(WRONG_USAGE)
    return kind


def _none(name: str) -> int:
    return wrong_usage(f"there is no record {name}; see: steward records list")


def _versions(loaded: LoadedSite, name: str) -> list[Record[Body]]:
    """Every version of the record called ``kind:id`` or ``kind:source/id``; without its source where only one has
    that id."""
    with History.open(loaded.journal_path) as history:
        records = [record for record in read_all(history) if name in (record.name, f"{record.kind}:{record.id}")]
    exact = [record for record in records if record.name == name]
    names = {record.name for record in records}
    if not exact and len(names) > 1:
        say(f"{name} is {' or '.join(sorted(names))}; name one of them")
        raise typer.Exit(WRONG_USAGE)
    return exact or records


def _record_table(records: Iterable[Record[Body]], zone: ZoneInfo) -> Table:
    table = Table(box=SIMPLE_HEAD)
    for heading in ("record", "version", "of", "author", "received", ""):
        table.add_column(heading)
    for record in records:
        about = getattr(record.body, record.body.ANCHOR)
        flags = [word for word in ("withdrawn", "imported") if getattr(record, word)]
        table.add_row(
            escape(record.name),
            str(record.version),
            time_text(about, zone) if isinstance(about, int) else str(about),
            escape(record.author),
            time_text(record.received, zone),
            ", ".join(flags),
        )
    return table

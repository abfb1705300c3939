"""The command line. Each command lives in a module of its own that is loaded only when it runs.

Exit codes: 0 done; 1 failed while running; 2 wrong usage or a wrong site file; 3 the journal cannot be had.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="steward",
    help="Steward (楼宇管家): reads a building's controllers and judges its operation clause by clause.\n\n"
    "Exit codes: 0 done; 1 failed while running; 2 wrong usage or a wrong site file; 3 the journal cannot be had.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)

SiteFile = Annotated[
    Path | None,
    typer.Argument(
        metavar="SITE",
        help="The site file. Left out: $STEWARD_SITE_FILE, else ./site.toml, else the last demo's.",
        show_default=False,
    ),
]
At = Annotated[
    str | None, typer.Option("--at", metavar="TIME", help="Judge as of this ISO 8601 time; default: now.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
For = Annotated[
    str | None, typer.Option("--for", metavar="TIME", help="End by itself after, say, 60s, 10m or 2h.")
]


@app.command()
def demo(
    duration: For = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the last verdicts as JSON at the end.")] = False,
    scenario: Annotated[str, typer.Option(help="What happens in the building: a name or a file.")] = "demo",
    seed: Annotated[int, typer.Option(help="Of everything random in the building.")] = 1,
    base_port: Annotated[
        int, typer.Option(help="First of the loopback ports in use.", min=1024, max=65000)
    ] = 47800,
    data: Annotated[Path | None, typer.Option(help="Folder for the demo's site file and journal.")] = None,
) -> None:
    """A simulated building, a broker and the agent in one go, with a live view."""
    from agent.cli.demo import run_demo

    raise typer.Exit(run_demo(duration, as_json, scenario, seed, base_port, data))


@app.command()
def run(site: SiteFile = None, duration: For = None) -> None:
    """Read, journal, forward and judge a site until stopped (Ctrl-C or SIGTERM)."""
    from agent.cli.run import run_site

    raise typer.Exit(run_site(site, duration))


@app.command()
def check(site: SiteFile = None) -> None:
    """Check a site file; print every error at once, each with what would be right."""
    from agent.cli.check import check_site

    raise typer.Exit(check_site(site))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def simulate(context: typer.Context) -> None:
    """The simulated building alone, on real sockets (see `steward simulate --help`)."""
    from agent.cli.simulate import run_simulators

    raise typer.Exit(run_simulators(context.args))


@app.command()
def status(site: SiteFile = None, as_json: AsJson = False) -> None:
    """How the agent and each device do."""
    from agent.cli.status import show_status

    raise typer.Exit(show_status(site, as_json))


@app.command()
def verdicts(
    site: SiteFile = None,
    as_json: AsJson = False,
    at: At = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="What had been judged by then, by what was known then."),
    ] = None,
    clause: Annotated[str | None, typer.Option(metavar="ID", help="One clause, with all of its subjects.")] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ID", help="The same as steward explain ID for the site.")
    ] = None,
) -> None:
    """Judge every clause from the journal, whether the agent runs or not."""
    if explain is not None:
        from agent.cli.explain import explain_clause

        raise typer.Exit(explain_clause(site, explain, as_json, at, None, None))
    from agent.cli.verdicts import show_verdicts

    raise typer.Exit(show_verdicts(site, as_json, at, as_of, clause))


@app.command()
def explain(
    clause: Annotated[str, typer.Argument(metavar="CLAUSE", help="Its id, such as 1.4-response.")],
    site: SiteFile = None,
    as_json: AsJson = False,
    at: At = None,
    window: Annotated[
        str | None, typer.Option(metavar="TIME", help="Over the clause's window that holds this time.")
    ] = None,
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Such as equipment:lift-1; left out: the site.")
    ] = None,
) -> None:
    """What a clause's verdict rests on: every line that it counts, with records and witnesses."""
    from agent.cli.explain import explain_clause

    raise typer.Exit(explain_clause(site, clause, as_json, at, window, subject))


@app.command()
def standing(site: SiteFile = None, as_json: AsJson = False, at: At = None) -> None:
    """Where the site stands by chapter, what would fail now, and what can still be mended, by whom and by when."""
    from agent.cli.standing import show_standing

    raise typer.Exit(show_standing(site, as_json, at))


@app.command()
def recompute(
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="ISO 8601 with zone.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="ISO 8601 with zone.")],
    site: SiteFile = None,
    as_json: AsJson = False,
) -> None:
    """Judge closed windows anew and hold them against what was journaled; exit code 1 where they differ."""
    from agent.cli.recompute import recompute_windows

    raise typer.Exit(recompute_windows(site, start, end, as_json))


@app.command()
def alerts(
    site: SiteFile = None,
    as_json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> None:
    """What must be done, or was not done in time, the most urgent first."""
    from agent.cli.alerts import show_alerts

    raise typer.Exit(show_alerts(site, as_json, everything))


@app.command()
def samples(site: SiteFile = None, as_json: AsJson = False) -> None:
    """The newest sample of each point."""
    from agent.cli.samples import show_samples

    raise typer.Exit(show_samples(site, as_json))


record_commands = typer.Typer(
    help="What people and their systems state: templates, import, what is kept and refused."
)
app.add_typer(record_commands, name="records", no_args_is_help=True)

Author = Annotated[str, typer.Option("--author", metavar="NAME", help="Who states it.")]


@record_commands.command("template")
def records_template(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FOLDER|FILE.xlsx", help="Where to write.")],
    kinds: Annotated[
        list[str] | None, typer.Argument(metavar="[KIND]...", help="Kinds of record; left out: all.")
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="One CSV file a kind instead of a workbook.")] = False,
) -> None:
    """Write templates to fill in: a sheet a kind, with choices, and one that explains the columns."""
    from agent.cli.records import write_templates

    raise typer.Exit(write_templates(kinds or [], output, as_csv))


@record_commands.command("import")
def records_import(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE... [SITE]", help="What to take in (.xlsx, .csv, .json); the site file."),
    ],
    kind: Annotated[
        str, typer.Option("--kind", help="What the files hold, where neither sheets nor files are named so.")
    ] = "",
    source: Annotated[str, typer.Option("--source", help="The system they come from.")] = "",
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="Who states what names no author.")] = "",
    go_live: Annotated[
        bool, typer.Option("--go-live", help="They were kept before this system: claims of an older archive.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print a report a file as JSON.")] = False,
) -> None:
    """Take files of records in, whether the agent runs or not. Exits with 1 where rows were refused."""
    from agent.cli.records import import_files
    from agent.records.draft import Delivery

    delivery = Delivery(kind=kind, source=source, author=author, imported=go_live)
    raise typer.Exit(import_files(files, delivery, as_json))


@record_commands.command("list")
def records_list(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[KIND] [SITE]", help="A kind, left out: all; the site file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The newest version of every record."""
    from agent.cli.records import list_records

    raise typer.Exit(list_records(words or [], as_json))


@record_commands.command("show")
def records_show(
    words: Annotated[list[str], typer.Argument(metavar="KIND:ID [SITE]", help="A record; the site file.")],
) -> None:
    """Every version of one record, as JSON."""
    from agent.cli.records import show_record

    raise typer.Exit(show_record(words))


@record_commands.command("refused")
def records_refused(site: SiteFile = None, as_json: AsJson = False) -> None:
    """Every row that was refused and has not come right since."""
    from agent.cli.records import show_refused

    raise typer.Exit(show_refused(site, as_json))


@record_commands.command("withdraw")
def records_withdraw(
    words: Annotated[list[str], typer.Argument(metavar="KIND:ID [SITE]", help="A record; the site file.")],
    author: Author,
    as_json: AsJson = False,
) -> None:
    """Take a record back: it counts no more, but is kept."""
    from agent.cli.records import withdraw_record

    raise typer.Exit(withdraw_record(words, author, as_json))


@app.command()
def declare(
    items: Annotated[str, typer.Option("--items", metavar="ITEM;...", help="equipment/item, or equipment.")],
    state: Annotated[str, typer.Option("--state", help="planned or not_required.")],
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="When it begins.")],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="When it ends.")],
    author: Author,
    site: SiteFile = None,
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    panel_test: Annotated[
        bool, typer.Option("--panel-test", help="Fire alarms of these items are a test meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Declare planned work, a stand-down or a panel test, before it begins. Times are the site's."""
    from agent.cli.declare import declare as keep

    said = {"items": items, "state": state, "start": start, "end": end, "author": author, "reason": reason}
    raise typer.Exit(keep(site, {**said, "panel_test": panel_test}, as_json))


@app.command()
def commission(
    words: Annotated[
        list[str],
        typer.Argument(metavar="POINT|DEVICE... [SITE]", help="What was proved: device/point, or device."),
    ],
    author: Author,
    method: Annotated[str, typer.Option("--method", help="How it was proved.")] = "",
    as_json: AsJson = False,
) -> None:
    """Keep that points were proved on site: each is what the site file says, and has the right polarity."""
    from agent.cli.commission import commission as keep

    raise typer.Exit(keep(words, author, method, as_json))

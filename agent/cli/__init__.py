"""The command line. Each command lives in a module of its own that is loaded only when it runs.

Exit codes: 0 done; 1 failed while running; 2 wrong usage or a wrong site file; 3 the journal cannot be had.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

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
def check(
    site: SiteFile = None,
    online: Annotated[
        bool, typer.Option("--online", help="Read every device once: what answers, how fast, how well.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --online: JSON instead of a table.")] = False,
) -> None:
    """Check a site file; print every error at once, each with what would be right."""
    if online:
        from agent.cli.probing import check_online

        raise typer.Exit(check_online(site, as_json))
    from agent.cli.check import check_site

    raise typer.Exit(check_site(site))


@app.command()
def read(
    what: Annotated[str, typer.Argument(metavar="POINT|DEVICE", help="device/point, or device.")],
    site: SiteFile = None,
    as_json: AsJson = False,
) -> None:
    """Read a device or one of its points once, and show the wire. Only ever reads."""
    from agent.cli.probing import read_once

    raise typer.Exit(read_once(site, what, as_json))


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


class _ListByDefault(TyperGroup):
    """A group whose ``list`` may be left out: ``steward alerts site.toml``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take ``list`` for what is no command."""
        named = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if named else ["list", *args])


alert_commands = typer.Typer(
    help="What must be done, or was not done in time; who has taken care of it. list may be left out.",
    cls=_ListByDefault,
)
app.add_typer(alert_commands, name="alerts")


@alert_commands.command("list")
def alerts_list(
    site: SiteFile = None,
    as_json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
) -> None:
    """What must be done, or was not done in time, the most urgent first."""
    from agent.cli.alerts import show_alerts

    raise typer.Exit(show_alerts(site, as_json, everything))


@alert_commands.command("ack")
def alerts_ack(
    words: Annotated[
        list[str],
        typer.Argument(metavar="NUMBER|KEY [SITE]", help="An open alert, by number or key; the site file."),
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who takes care of it.")],
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What is done about it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say that somebody has seen an open alert and takes care of it. It silences no verdict."""
    from agent.cli.acknowledge import acknowledge

    raise typer.Exit(acknowledge(words, by, note, as_json))


@app.command()
def energy(
    site: SiteFile = None,
    by: Annotated[str, typer.Option("--by", help="day, month or year.")] = "month",
    count: Annotated[int, typer.Option("--last", help="How many of them.", min=1, max=400)] = 3,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """What meters, items and the whole building used, and whether the meters add up."""
    from agent.cli.energy import show_energy

    raise typer.Exit(show_energy(site, by, count, at, as_json))


@app.command()
def waste(
    site: SiteFile = None,
    days: Annotated[
        int, typer.Option("--last", help="How many days, up to the last midnight.", min=1, max=92)
    ] = 7,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Energy and water that went for nothing: what was found, how much, and what it cost."""
    from agent.cli.waste import show_waste

    raise typer.Exit(show_waste(site, days, at, as_json))


@app.command()
def samples(site: SiteFile = None, as_json: AsJson = False) -> None:
    """The newest sample of each point."""
    from agent.cli.samples import show_samples

    raise typer.Exit(show_samples(site, as_json))


@app.command()
def gaps(
    site: SiteFile = None,
    as_json: AsJson = False,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="ISO 8601 with zone: what lasted after it.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="ISO 8601 with zone: what began before it.")
    ] = None,
    cause: Annotated[
        str | None,
        typer.Option(help="stopped, unreachable, overflow, disk_full, quarantine or clock_step."),
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="ID", help="Those that concern this device, the agent's own too.")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Those that have not ended.")] = False,
) -> None:
    """When nothing was taken, or what was taken is gone, and why."""
    from agent.cli.gaps import show_gaps

    raise typer.Exit(show_gaps(site, as_json, start, end, cause, device, only_open))


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
def records_refused(
    site: SiteFile = None,
    as_json: AsJson = False,
    everything: Annotated[bool, typer.Option("--all", help="Those that were dismissed, too.")] = False,
) -> None:
    """Every row that was refused and has not come right since."""
    from agent.cli.refused import show_refused

    raise typer.Exit(show_refused(site, as_json, everything))


@record_commands.command("dismiss")
def records_dismiss(
    words: Annotated[
        list[str], typer.Argument(metavar="NUMBER [SITE]", help="A refused row, by its number; the site file.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decides.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why it will not come right.")],
    as_json: AsJson = False,
) -> None:
    """Decide that a refused row will not come right: it is kept, but no longer open."""
    from agent.cli.refused import dismiss

    raise typer.Exit(dismiss(words, by, reason, as_json))


@record_commands.command("verify")
def records_verify(site: SiteFile = None, as_json: AsJson = False) -> None:
    """Hash every record and every file that came with one; name what was changed. Exits with 1 if a file was."""
    from agent.cli.verification import verify_records

    raise typer.Exit(verify_records(site, as_json))


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


point_commands = typer.Typer(help="Point lists (点表): sheets that give a site file's devices their points.")
app.add_typer(point_commands, name="points", no_args_is_help=True)

ListFile = Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="A .xlsx or .csv file to write.")]
English = Annotated[bool, typer.Option("--english", help="Headings as the site file's keys, not Chinese.")]


@point_commands.command("template")
def points_template(
    output: ListFile,
    protocols: Annotated[
        list[str] | None, typer.Argument(metavar="[PROTOCOL]...", help="bacnet, modbus, mqtt; left out: all.")
    ] = None,
    english: English = False,
) -> None:
    """Write an empty point list to fill in."""
    from agent.cli.points import write_template

    raise typer.Exit(write_template(output, protocols or [], english))


@point_commands.command("export")
def points_export(output: ListFile, site: SiteFile = None, english: English = False) -> None:
    """Write every point of a site as a point list; named in the site file's [points] it reads back the same."""
    from agent.cli.points import export_points

    raise typer.Exit(export_points(site, output, english))


scan_commands = typer.Typer(
    help="What is there to be read: written as a point list, with the tables it goes with."
)
app.add_typer(scan_commands, name="scan", no_args_is_help=True)


@scan_commands.command("bacnet")
def scan_bacnet(
    host: Annotated[
        str, typer.Argument(metavar="OUR-ADDRESS", help="Such as 10.1.2.3, with /24 for a broadcast.")
    ],
    output: ListFile,
    addresses: Annotated[
        list[str] | None,
        typer.Option("--address", metavar="HOST[:PORT]", help="Ask this device alone; may be repeated."),
    ] = None,
    instances: Annotated[str, typer.Option(help="Device instances, low-high.")] = "0-4194302",
    port: Annotated[int, typer.Option(help="Our own UDP port; another than a running agent's.")] = 47808,
    wait: Annotated[float, typer.Option(help="Seconds to wait for devices.", min=0.1, max=600)] = 3.0,
    english: English = False,
) -> None:
    """Ask who is there, and what objects each device has."""
    from agent.cli.scan import numbers, scan_and_write

    low, _, high = instances.partition("-")
    ends = [numbers(end, "--instances")[0] for end in (low, high or low)]
    where = {"addresses": addresses or (), "low": ends[0], "high": ends[1], "wait_s": wait}
    raise typer.Exit(scan_and_write("bacnet", {"host": host, "port": port}, where, output, english))


@scan_commands.command("modbus")
def scan_modbus(
    host: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="A device or gateway.")],
    output: ListFile,
    units: Annotated[str, typer.Option(help="Unit ids, such as 1-10,20.")] = "1-10",
    addresses: Annotated[str, typer.Option(help="Zero-based addresses of each table, low-high.")] = "0-999",
    pace: Annotated[float, typer.Option(help="Seconds between two questions.", min=0, max=60)] = 0.05,
    timeout: Annotated[float, typer.Option(help="Seconds for each answer.", min=0.05, max=60)] = 1.0,
    english: English = False,
) -> None:
    """Find which units answer, and which addresses each of their tables has."""
    from agent.cli.scan import numbers, place, scan_and_write

    where_host, port = place(host, 502)
    span = numbers(addresses, "--addresses")
    where = {
        "host": where_host,
        "port": port,
        "units": numbers(units, "--units"),
        "first": span[0],
        "last": span[-1],
        "pace_s": pace,
    }
    raise typer.Exit(scan_and_write("modbus", {"timeout_s": timeout}, where, output, english))


@scan_commands.command("mqtt")
def scan_mqtt(
    host: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The broker.")],
    output: ListFile,
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="A topic or pattern; may be repeated; left out: all.")
    ] = None,
    duration: Annotated[float, typer.Option("--seconds", help="How long to listen.", min=0.1, max=3600)] = 10.0,
    version: Annotated[str, typer.Option(help="Of the protocol: 5 or 3.1.1.")] = "5",
    username: Annotated[str, typer.Option(help="For the broker.")] = "",
    password: Annotated[
        str, typer.Option(envvar="STEWARD_SCAN_PASSWORD", show_envvar=True, help="Better by the environment.")
    ] = "",
    tls: Annotated[bool, typer.Option("--tls", help="Encrypt, and believe only a right certificate.")] = False,
    english: English = False,
) -> None:
    """Listen for a while, and propose a device for each topic, or group of topics, that was heard."""
    from agent.cli.scan import place, scan_and_write

    where_host, port = place(host, 8883 if tls else 1883)
    connection: dict[str, object] = {
        "host": where_host,
        "port": port,
        "version": version,
        "client_id": "steward-scan",
        "username": username,
        "tls": tls,
    }
    where = {"topics": topics or ("#",), "seconds": duration}
    secret = {"password": password} if password else {}
    raise typer.Exit(scan_and_write("mqtt", connection, where, output, english, secret))

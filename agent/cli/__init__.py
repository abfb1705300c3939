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
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Judge as of this ISO 8601 time; default: now.")
    ] = None,
) -> None:
    """Judge every clause from the journal, whether the agent runs or not."""
    from agent.cli.verdicts import show_verdicts

    raise typer.Exit(show_verdicts(site, as_json, at))


@app.command()
def samples(site: SiteFile = None, as_json: AsJson = False) -> None:
    """The newest sample of each point."""
    from agent.cli.samples import show_samples

    raise typer.Exit(show_samples(site, as_json))

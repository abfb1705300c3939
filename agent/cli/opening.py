"""What commands share: finding and loading the site file, opening its journal, and saying what is wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import apsw
import typer

from agent.errors import StewardError
from agent.journal.damage import unheard
from config.site import LoadedSite, SiteFileError, load_site

DONE = 0
FAILED = 1
WRONG_USAGE = 2
NO_JOURNAL = 3

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def say(text: str) -> None:
    """One line to standard error."""
    typer.echo(text, err=True)


def demo_folder() -> Path:
    """Where the demo keeps its site file and journal unless told otherwise."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "steward" / "demo"


def site_path(given: Path | None) -> Path:
    """The site file meant; exits with 2 where there is none."""
    if given is not None:
        return given
    named = os.environ.get("STEWARD_SITE_FILE")
    candidates = [Path(named)] if named else [Path("site.toml"), demo_folder() / "site.toml"]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    looked = " nor ".join(str(candidate) for candidate in candidates)
    say(f"no site file: there is no {looked}; name one, as in: steward check path/to/site.toml")
    raise typer.Exit(WRONG_USAGE)


def loaded_site(given: Path | None) -> LoadedSite:
    """The site, loaded; exits with 2 after printing every error of its file."""
    try:
        return load_site(site_path(given))
    except SiteFileError as error:
        for problem in error.problems:
            say(str(problem))
        count = len(error.problems)
        say(f"{count} error{'s' if count != 1 else ''} in the site file")
        raise typer.Exit(WRONG_USAGE) from None


def duration_s(text: str | None) -> float | None:
    """Seconds from ``60s``, ``10m``, ``2h``, ``1d`` or a plain number; exits with 2 for anything else."""
    if text is None:
        return None
    match = _DURATION.fullmatch(text.strip())
    if match is None or float(match[1]) == 0:
        say(f"--for {text}: not a time; give a number above 0 with s, m, h or d, such as 60s")
        raise typer.Exit(WRONG_USAGE)
    return float(match[1]) * _SECONDS[match[2] or "s"]


def reading_the_journal(show: Callable[[], None]) -> int:
    """Run ``show``; the exit code, with the message of a journal that cannot be had printed."""
    try:
        show()
    except StewardError as error:
        say(str(error))
        return NO_JOURNAL
    except (apsw.Error, UnicodeDecodeError) as error:
        say(f"the journal cannot be read ({error}); the agent sets a damaged one aside: steward run")
        return NO_JOURNAL
    for file, blocks in unheard().items():
        first, problem = min(blocks.items())
        say(f"{file}: {len(blocks)} blocks cannot be read and were left out, the first is {first}: {problem}")
    return DONE

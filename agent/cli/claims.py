"""Claims that telemetry does not bear out, for people and as rows for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from agent.views import Row, iso
from evaluators.claims import DoubtedClaim
from evaluators.model.verdicts import Witness

SHOWN = 10
"""How many are printed; all are in the JSON."""

_WORDS = {Witness.CONTRADICTED: "contradicts it", Witness.NO_TRACE: "shows no trace of it"}


def claim_row(claim: DoubtedClaim, zone: ZoneInfo) -> Row:
    """One claim beside what telemetry shows of it."""
    heard = claim.hearing
    return {
        "record": heard.record,
        "equipment": heard.equipment,
        "at": iso(heard.at, zone),
        "telemetry": heard.witness.value,
        "author": claim.author,
        "person": claim.person,
        "says": claim.says,
        "shows": claim.shows,
    }


def print_claims(screen: Console, doubted: Sequence[DoubtedClaim]) -> None:
    """The section on claims; nothing where there are none."""
    if not doubted:
        return
    screen.print("[bold]Claims that telemetry contradicts, or of which it shows no trace[/bold]")
    screen.print(claim_table(doubted[:SHOWN]))
    if len(doubted) > SHOWN:
        screen.print(f"… and {len(doubted) - SHOWN} more: --json has them all", highlight=False)


def claim_table(doubted: Sequence[DoubtedClaim]) -> Table:
    """One row a claim."""
    table = Table(box=SIMPLE_HEAD, expand=True)
    table.add_column("record", ratio=2)
    table.add_column("by", ratio=1)
    table.add_column("says", ratio=3)
    table.add_column("telemetry", ratio=3)
    for each in doubted:
        words = _WORDS[each.hearing.witness]
        table.add_row(
            escape(each.hearing.record),
            escape(_by(each)),
            escape(each.says),
            escape(f"{words}: {each.hearing.equipment}: {each.shows}"),
        )
    return table


def _by(claim: DoubtedClaim) -> str:
    """Who did it, as the record says, and who states so where that is another."""
    if claim.person in ("", claim.author):
        return claim.author
    return f"{claim.person}, stated by {claim.author}" if claim.author else claim.person

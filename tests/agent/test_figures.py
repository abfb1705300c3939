"""The words beside a verdict's value, and what ``steward explain`` prints of many lines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from agent.cli.explain import IN_ORDER_SHOWN, _print_lines
from agent.cli.figures import figure_words, threshold_words, time_words
from agent.cli.tables import due_text, line_table
from evaluators.model.times import HOUR_NS, MINUTE_NS, SECOND_NS, Window, WindowKind
from evaluators.model.verdicts import Account, Level, Line, Mark, Outcome, Subject, Verdict

ZONE = ZoneInfo("Asia/Shanghai")
MIDNIGHT = 1_767_196_800 * SECOND_NS


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("events", "3", "events: 3"),
        ("median_s", "85", "half of them within: 1 min 25 s"),
        ("failures", "2..", "failures: at least 2"),
        ("failures", "2..5", "failures: 2 to 5"),
        ("mtbf_s", "..10455620743527/400000000", "mean time between failures: at most 7 h 15 min"),
        ("mttr_s", "1124686637/62500000", "mean time to repair: 17 s"),
        ("longest_outage_s", "17..17", "longest outage: 17 s"),
        ("longest_outage_s", "17..2065", "longest outage: 17 s to 34 min 25 s"),
        ("late", "5/2", "late: 2.5"),
        ("said", "by whom..", "said: by whom.."),
    ],
)
def test_figures_in_words(name: str, value: str, words: str) -> None:
    assert figure_words(name, value) == words


def a_verdict(threshold: str, unit: str = "1") -> Verdict:
    window = Window(WindowKind.MONTH, 0, HOUR_NS)
    site = Subject(Level.SITE, "tower")
    return Verdict("x", site, Outcome.PENDING, None, None, Fraction(threshold), unit, window, None, 0)


def test_a_threshold_is_written_as_the_value_is() -> None:
    assert threshold_words(a_verdict("0.98")) == "98.00 %"
    assert threshold_words(a_verdict("2")) == "2"
    assert threshold_words(a_verdict("40", "h")) == "40 h"


def test_time_in_each_state_in_words() -> None:
    counted = replace(a_verdict("0.98"), account=Account(HOUR_NS, 0, MINUTE_NS, 0, 3 * HOUR_NS))
    assert time_words(counted) == "time, summed over the items: up 1 h, unknown 1 min, not required 3 h"


def printed(lines: list[Line]) -> str:
    screen = Console(width=200, record=True)
    _print_lines(screen, lines, ZONE)
    return screen.export_text()


def test_what_needs_somebody_comes_first_and_what_is_in_order_is_cut() -> None:
    good = [Line(about=f"in-order-{n:02d}", mark=Mark.GOOD) for n in range(IN_ORDER_SHOWN + 5)]
    pressing = [Line(about=mark.value, mark=mark) for mark in (Mark.FINDING, Mark.RUNNING, Mark.UNKNOWN, Mark.BAD)]
    text = printed([*good, *pressing])
    order = [text.index(f"\n  {word} ") for word in ("bad", "unknown", "running", "finding", "in-order-05")]
    assert order == sorted(order)
    assert "in-order-04" not in text
    assert "… and 5 more in order: --json has them all" in text
    assert printed([]) == ""


def test_a_line_names_few_of_many_records_and_a_midnight_by_the_day_it_ends() -> None:
    line = Line(about="x", mark=Mark.GOOD, records=tuple(f"round:{n}@1" for n in range(5)), due=MIDNIGHT)
    screen = Console(width=200, record=True)
    screen.print(line_table([line], ZONE))
    text = screen.export_text()
    assert "2 others, round:2@1, round:3@1, round:4@1" in " ".join(text.split())
    assert "2025-12-31 24:00" in text
    assert due_text(None, ZONE) == "–"
    assert due_text(MIDNIGHT + HOUR_NS, ZONE) == "2026-01-01 01:00"

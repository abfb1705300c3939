"""Which module judges which clause, and what stands before it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

from evaluators import kinds
from evaluators.energy.keeping import SETTLED_NS
from evaluators.facts import Facts
from evaluators.kinds import availability
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import Clause
from evaluators.model.site import Site
from evaluators.model.times import HOUR_NS, MINUTE_NS, Window, WindowKind
from evaluators.model.verdicts import Level, Outcome, Subject, Verdict
from evaluators.recordbook import RecordBook
from evaluators.registry import KINDS, Kind, failed, judge
from tests.evaluators.bookkeeping import row
from tests.evaluators.cases import Scripted

ZONE = ZoneInfo("Asia/Shanghai")
FACTS = Facts(
    Site("tower", "Tower", "Asia/Shanghai", (), (), ()),
    ZONE,
    WorkCalendar(),
    RecordBook(ZONE),
    Scripted({}, {}, {}),
    9,
)
WINDOW = Window(WindowKind.MONTH, 0, 10)
CLAUSE = Clause("1-x", "一", "一", "One", "probe", Fraction(1, 2), "1", WindowKind.MONTH)


@pytest.fixture(autouse=True)
def _a_kind_that_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(clause: Clause, facts: Facts, window: Window) -> Iterable[Verdict]:
        for number, outcome in enumerate(Outcome):
            subject = Subject(Level.PART, str(number))
            note = "late" if outcome is Outcome.NOT_MET else ""
            yield Verdict(
                clause.id,
                subject,
                outcome,
                None,
                None,
                clause.threshold,
                "1",
                window,
                None,
                facts.as_of,
                note=note,
            )

    monkeypatch.setitem(KINDS, "probe", Kind(type(None), probe))


def test_a_clause_is_judged_by_its_kind() -> None:
    assert [verdict.outcome for verdict in judge(CLAUSE, FACTS, WINDOW)] == list(Outcome)


def test_a_threshold_that_nobody_has_confirmed_decides_nothing() -> None:
    found = {
        Outcome(o): v for o, v in zip(Outcome, judge(replace(CLAUSE, verified=False), FACTS, WINDOW), strict=True)
    }
    assert {verdict.outcome for outcome, verdict in found.items() if outcome is not Outcome.NOT_APPLICABLE} == {
        Outcome.UNDETERMINED
    }
    assert found[Outcome.NOT_APPLICABLE].outcome is Outcome.NOT_APPLICABLE, "there is still nothing to judge"
    assert found[Outcome.MET].note == found[Outcome.NOT_APPLICABLE].note == "threshold not confirmed"
    assert found[Outcome.NOT_MET].note == "threshold not confirmed; late"


def test_a_clause_that_was_taken_out_has_one_verdict_with_its_reason() -> None:
    (verdict,) = judge(replace(CLAUSE, not_applicable="没有此类设备"), FACTS, WINDOW)
    assert str(verdict.subject) == "site:tower"
    assert (verdict.outcome, verdict.note) == (Outcome.NOT_APPLICABLE, "没有此类设备")
    assert (verdict.low, verdict.high, verdict.coverage, verdict.lines) == (None, None, None, ())
    assert (verdict.threshold, verdict.window, verdict.as_of) == (CLAUSE.threshold, WINDOW, 9)


def test_every_kind_has_a_module_and_forbids_what_it_does_not_know() -> None:
    for name, kind in KINDS.items():
        if name == "probe":
            continue
        module = getattr(kinds, name)
        assert isinstance(module, ModuleType)
        assert (kind.parameters, kind.judge) == (module.Parameters, module.judge)
        assert getattr(kind.parameters, "__pydantic_config__", None) == {"extra": "forbid"}


def test_a_kind_without_the_hook_finds_no_mistakes() -> None:
    assert not hasattr(availability, "mistakes")
    assert list(KINDS["availability"].mistakes(availability.Parameters())) == []


def test_a_clause_that_cannot_be_judged_says_so_and_decides_nothing() -> None:
    verdict = failed(CLAUSE, FACTS, WINDOW, ValueError("no such point"))
    assert verdict.outcome is Outcome.UNDETERMINED
    assert "ValueError: no such point" in verdict.note
    assert (verdict.clause, verdict.window, verdict.as_of) == ("1-x", WINDOW, 9)


@pytest.mark.parametrize(
    ("clause_id", "wait_ns"),
    [
        ("X-eui", SETTLED_NS),
        ("X-submeter", SETTLED_NS),
        ("1.4-repair", 24 * HOUR_NS + 30 * MINUTE_NS),
        ("1.4-availability", 0),
    ],
)
def test_how_long_after_its_end_a_window_may_still_be_judged_another_way(clause_id: str, wait_ns: int) -> None:
    clause = row(clause_id)
    assert KINDS[clause.kind].settling(clause.parameters, FACTS.site) == wait_ns

"""The contracts of clauses, of the ledger's families, and of facts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import pytest

from evaluators.facts import Facts
from evaluators.model.calendar import WorkCalendar
from evaluators.model.clauses import parameters_of
from evaluators.model.site import Family, Part, PartKind, Subfamily
from evaluators.recordbook import RecordBook
from tests.evaluators.building import CLAUSE, site
from tests.evaluators.cases import Scripted


@dataclass(frozen=True)
class Mine:
    """Parameters of some kind."""


def test_parameters_are_their_kinds_own() -> None:
    assert parameters_of(replace(CLAUSE, parameters=Mine()), Mine) == Mine()
    with pytest.raises(TypeError, match=r"1\.4-availability: has parameters of NoneType"):
        parameters_of(CLAUSE, Mine)


def test_each_subfamily_is_of_one_family() -> None:
    sizes = Counter(subfamily.family for subfamily in Subfamily)
    assert sizes == {
        Family.STRUCTURE: 3, Family.ELECTROMECHANICAL: 4, Family.INTELLIGENT: 4, Family.AMENITIES: 3
    }  # fmt: skip
    assert (Subfamily.LIFTS.family, Subfamily.FIRE.family) == (Family.ELECTROMECHANICAL, Family.INTELLIGENT)


def test_a_part_knows_its_equipment() -> None:
    assert Part("panel/1-001", PartKind.SMOKE).equipment == "panel"


def test_a_question_is_answered_once() -> None:
    zone = ZoneInfo("UTC")
    facts = Facts(site([]), zone, WorkCalendar(), RecordBook(zone), Scripted({}, {}, {}), 5)
    asked: list[int] = []

    def answer() -> int:
        asked.append(1)
        return 7

    assert [facts.once("how many", answer), facts.once("how many", answer)] == [7, 7]
    assert len(asked) == 1
    assert facts == replace(facts, memo={}), "what was computed is no fact"

"""Parameters that are of their type, but wrong: each is named with what would be right."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import time
from fractions import Fraction
from typing import Any

import pytest

from evaluators.energy.conversion import Factor
from evaluators.kinds.attestation import Requirement
from evaluators.kinds.certificates import Role
from evaluators.kinds.deadline import Allowed
from evaluators.kinds.duty_coverage import OfficeHours
from evaluators.kinds.energy_intensity import Benchmark
from evaluators.kinds.staffing import SizeClass
from evaluators.model.energy import Carrier, Climate, Owner, Ventilation
from evaluators.model.times import Limit, WindowKind
from evaluators.operations import Operation
from evaluators.registry import KINDS
from tests.evaluators.bookkeeping import row, rows

COLD = Benchmark(
    climate=Climate.COLD,
    ventilation=Ventilation.NATURAL,
    owner=Owner.STATE,
    constraint=Fraction(55),
    guide=Fraction(45),
)
COOLING = Factor(carrier=Carrier.COOLING, value=Fraction(1, 4), unit="kW.h/kW.h", source="measured")
WRONG: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("2.1.1-profile", {"records": "contracts"}, {"records": '"contracts" is no kind of record'}),
    ("2.1.1-profile", {"start": "tenant"}, {"start": '"tenant" of a contract holds something else'}),
    ("2.1.1-profile", {"stop": ("made_at",)}, {"stop": 'a contract has no field "made_at"'}),
    ("2.1.1-profile", {"stop": ()}, {"stop": "is empty"}),
    ("2.1.1-profile", {"limits": ()}, {"limits": "is empty"}),
    (
        "2.1.1-profile",
        {"due": "tenant", "owner": "signed_at"},
        {"due": '"tenant" of a', "owner": '"signed_at" of a'},
    ),
    ("2.1.2-reply", {"where": {"difficulty": ("hard",)}}, {"where": "difficulty is never 'hard'"}),
    (
        "2.1.2-reply",
        {"limits": (Allowed(limit=Limit(hours=1), where={"difficulty": ("hard",)}),)},
        {"limits": "difficulty is never 'hard'"},
    ),
    ("2.1.2-reply", {"limits": (Allowed(limit=Limit()),)}, {"limits": "is no time at all"}),
    ("2.1.2-orders", {"filled": ("who",)}, {"filled": 'a request has no field "who"'}),
    ("2.1.1-visit", {"needs": {"visit_recorded": ("yes",)}}, {"needs": "visit_recorded is never 'yes'"}),
    ("2.1.3-revisit", {"refers": ""}, {"refers": "goes with stop_records"}),
    ("2.1.3-revisit", {"refers": "at"}, {"refers": '"at" of a survey holds something else'}),
    ("2.1.3-revisit", {"stop_records": "visit"}, {"stop_records": '"visit" is no kind'}),
    ("2.1.2-first-answer", {"records": "ask"}, {"records": '"ask" is no'}),
    ("2.1.2-first-answer", {"good": {}}, {"good": "is empty"}),
    ("2.1.2-first-answer", {"good": {"answered_on_spot": ("yes",)}}, {"good": "answered_on_spot is never 'yes'"}),
    ("2.1.2-first-answer", {"at": "tenant"}, {"at": '"tenant" of a request holds something else'}),
    ("2.1.3-satisfied", {"answers": "poll"}, {"answers": '"poll" is no kind'}),
    ("2.1.3-satisfied", {"refers": ""}, {"refers": "goes with answers"}),
    ("2.1.3-contact", {"period": WindowKind.ROLLING}, {"period": "rolling is no calendar period"}),
    ("2.1.3-contact", {"until": "tenant"}, {"until": '"tenant" of a complaint holds something else'}),
    ("2.1.3-contact", {"refers": "at"}, {"refers": '"at" of a contact holds something else'}),
    ("1.3-cs-training", {"amount": "subject"}, {"amount": '"subject" of a training holds something else'}),
    ("1.3-cs-training", {"each": "people"}, {"each": '"people" is no'}),
    ("1.3-cs-training", {"until": "since"}, {"until": '"since" of a staff holds something else'}),
    ("2.2.1-drill", {"where": {"place": ("roof",)}}, {"where": 'a drill has no field "place"'}),
    ("1.1-organisation", {"requirements": ()}, {"requirements": "is empty"}),
    (
        "1.1-organisation",
        {"requirements": (Requirement(name="x", records="drill", covers=("all",)),)},
        {},
    ),
    (
        "1.1-organisation",
        {"requirements": (Requirement(name="x", records="review", covers=("all",)),)},
        {"requirements": 'a review has no field "covers"'},
    ),
    (
        "1.1-oversight",
        {"requirements": (Requirement(name="x", records="oversight", needs={"independent": ("yes",)}),)},
        {"requirements": "independent is never 'yes'"},
    ),
    ("1.3-certs", {"roles": ()}, {"roles": "is empty"}),
    ("1.3-certs", {"roles": (Role(name="cook", staff={}, any_of=()),)}, {"roles": "cook asks for no certificate"}),
    (
        "1.3-certs",
        {"roles": (Role(name="x", staff={"lead": ("yes",)}, any_of=({},)),)},
        {"roles": "lead is never 'yes'"},
    ),
    (
        "1.3-certs",
        {"roles": (Role(name="x", staff={}, any_of=({"grade": ("1",)},)),)},
        {"roles": "a certificate has no"},
    ),
    ("1.2-execution", {"operations": ()}, {"operations": "is empty"}),
    (
        "1.2-execution",
        {"operations": (Operation(name="x", records="test", who=("who",)),)},
        {"operations": "a test has no"},
    ),
    (
        "1.2-execution",
        {"operations": (Operation(name="x", records="drill", equipment=("lift",)),)},
        {"operations": 'a drill has no field "equipment"'},
    ),
    (
        "1.2-execution",
        {"operations": (Operation(name="x", records="x", equipment=("lift",)),)},
        {"operations": '"x" is no kind'},
    ),
    ("1.2-retention", {"operations": ()}, {"operations": "is empty"}),
    (
        "1.2-retention",
        {"operations": (Operation(name="x", records="test", every=WindowKind.STANDING),)},
        {"operations": "standing is no calendar period"},
    ),
    ("1.3-staff", {"classes": ()}, {"classes": "are not in order of size"}),
    (
        "1.3-staff",
        {"classes": (SizeClass(up_to_m2=9, people=1), SizeClass(up_to_m2=9, people=1))},
        {"classes": "are not in order of size"},
    ),
    ("1.3-staff", {"classes": (SizeClass(up_to_m2=9, people=0),)}, {"classes": "one needs nobody"}),
    ("1.3-staff", {"beyond_m2": 0}, {"beyond_m2": "0 is no area"}),
    ("1.3-coverage", {"subjects": ()}, {"subjects": "is empty"}),
    ("1.3-coverage", {"where": {"post": (True,)}}, {"where": "post is never true"}),
    ("1.3-pass", {"subjects": ()}, {"subjects": "is empty"}),
    ("1.3-pass", {"again_within": Limit()}, {"again_within": "is no time at all"}),
    ("X-submeter", {"error": Fraction(1)}, {"error": "1 is no share"}),
    ("X-eui", {"benchmarks": (COLD, COLD)}, {"benchmarks": "cold, A, state comes twice"}),
    (
        "X-eui",
        {"benchmarks": (replace(COLD, guide=Fraction(60)),)},
        {"benchmarks": "a guide value of 60 does not"},
    ),
    ("X-eui", {"carriers": ()}, {"carriers": "is empty"}),
    ("X-eui", {"carriers": (Carrier.GAS, Carrier.WATER)}, {"carriers": "water is no energy"}),
    ("X-eui", {"carriers": (Carrier.GAS, Carrier.GAS)}, {"carriers": "gas comes twice"}),
    ("X-eui", {"site_factors": (COOLING, COOLING)}, {"site_factors": "cooling comes twice"}),
    (
        "X-eui",
        {"site_factors": (replace(COOLING, value=Fraction(0)),)},
        {"site_factors": "0 for cooling is nothing"},
    ),
    (
        "X-eui",
        {"site_factors": (replace(COOLING, carrier=Carrier.WATER),)},
        {"site_factors": "water is no energy"},
    ),
    (
        "X-eui",
        {"site_factors": (replace(COOLING, unit="kW.h"),)},
        {"site_factors": '"kW.h" does not convert cooling'},
    ),
    (
        "X-eui",
        {"site_factors": (replace(COOLING, carrier=Carrier.ELECTRICITY),)},
        {"site_factors": '"kW.h/kW.h" does not convert electricity'},
    ),
    (
        "X-eui",
        {"factors": (), "site_factors": (replace(COOLING, unit="kgce/kW.h"),)},
        {"factors": "kgce converts nothing without"},
    ),
    ("1.4-ledger", {"cycles": {"now": 0}}, {"cycles": "now has 0 days"}),
    ("2.1.2-hotline", {"people": 0}, {"people": "0 is nobody"}),
    ("2.1.2-hotline", {"post": ""}, {"post": "goes with office_hours"}),
    (
        "2.1.2-hotline",
        {"office_hours": OfficeHours(start=time(18), end=time(9))},
        {"office_hours": "end before they start"},
    ),
]


@pytest.mark.parametrize(("clause_id", "changes", "wrong"), WRONG)
def test_what_is_wrong_is_named(clause_id: str, changes: dict[str, Any], wrong: dict[str, str]) -> None:
    clause = row(clause_id, **changes)
    found: dict[str, str] = {}
    for key, said, right in KINDS[clause.kind].mistakes(clause.parameters):
        assert key in {each.name for each in fields(clause.parameters)}  # type: ignore[arg-type]  # a dataclass
        assert right
        found.setdefault(key, said)
    assert set(found) == set(wrong), found
    for key, said in wrong.items():
        assert found[key].startswith(said)


def test_findings_are_checked_as_any_deadline() -> None:
    clause = row("1.1-oversight")
    parameters: Any = clause.parameters
    wrong = replace(parameters, findings=replace(parameters.findings, start="seen_at"))
    ((key, said, _),) = KINDS[clause.kind].mistakes(wrong)
    assert (key, said) == ("findings", 'start: a finding has no field "seen_at"')


@pytest.mark.parametrize("clause_id", rows())
def test_no_row_of_the_catalogue_is_wrong(clause_id: str) -> None:
    clause = row(clause_id)
    assert list(KINDS[clause.kind].mistakes(clause.parameters)) == []

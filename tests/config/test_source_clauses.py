"""The source, clause by clause: every one is in the catalogue, and none is that the source does not have."""

from __future__ import annotations

from config.catalogue import STANDARDS, load_catalogue
from evaluators.model.bodies import BODIES

SOURCE_IDS = {
    "0-energy",
    "1.1-notify", "1.1-organisation", "1.1-oversight",
    "1.2-manuals", "1.2-review", "1.2-execution", "1.2-retention",
    "1.3-staff", "1.3-roles", "1.3-certs", "1.3-cs-training", "1.3-coverage", "1.3-pass",
    "1.4-ledger", "1.4-plan", "1.4-daily", "1.4-monthly", "1.4-annual", "1.4-availability", "1.4-response",
    "1.4-repair", "1.4-substitute",
    "2.1.1-profile", "2.1.1-guide", "2.1.1-visit",
    "2.1.2-hotline", "2.1.2-orders", "2.1.2-first-answer", "2.1.2-reply", "2.1.2-closure",
    "2.1.3-respond", "2.1.3-resolve", "2.1.3-contact", "2.1.3-revisit", "2.1.3-satisfied",
    "2.1.4-custom", "2.1.4-renewal", "2.1.4-uptake",
    "2.2.1-test", "2.2.1-linkage", "2.2.1-drill",
}  # fmt: skip
"""Every clause of the source, as far as its text is known."""


def test_every_clause_of_the_source_is_there_and_no_other() -> None:
    assert {clause.id for clause in load_catalogue()} == SOURCE_IDS


def test_clauses_of_the_source_name_no_standard_and_public_ones_do() -> None:
    assert {clause.source for clause in load_catalogue()} == {""}
    assert all(clause.source and clause.id.startswith("X-") for clause in load_catalogue(STANDARDS))


def test_every_kind_of_record_is_evidence_for_something_or_says_what_counts() -> None:
    used = {name for clause in (*load_catalogue(), *load_catalogue(STANDARDS)) for name in clause.evidence}
    assert set(BODIES) - used <= {"item-change", "commissioning", "acknowledgement", "dismissal"}
    assert "acknowledgement" not in used, "to acknowledge an alert changes no verdict"


def test_titles_are_in_both_languages_and_name_one_clause_each() -> None:
    clauses = (*load_catalogue(), *load_catalogue(STANDARDS))
    assert (
        len({clause.title_zh for clause in clauses})
        == len({clause.title_en for clause in clauses})
        == len(clauses)
    )
    assert all(clause.title_en.isascii() and not clause.title_zh.isascii() for clause in clauses)

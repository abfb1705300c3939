"""One year from beginning to end."""

from __future__ import annotations

from simulators.year import availability, faults, fire, maintenance, orders, people, planning, tenants
from simulators.year.building import make_building
from simulators.year.calendar import Year
from simulators.year.story import Story


def make(seed: int, items: int, year: int) -> Story:
    """Everything that happens in a year: the same seed, items and year give the same story."""
    story = Story(seed, Year(year), make_building(items))
    broken = faults.break_things(story)
    faults.cut_wires(story, broken)
    for number, fault in enumerate(broken):
        faults.tell_fault(story, number, fault)
    faults.trap_people(story)
    for tell in (
        planning.plan_work,
        planning.plan_over_faults,
        planning.stand_down,
        planning.rest,
        planning.inspect,
        maintenance.plan,
        maintenance.walk_rounds,
        maintenance.service_monthly,
        maintenance.overhaul_yearly,
        maintenance.service_the_rest,
        fire.test_addresses,
        fire.test_linkage,
        fire.drill,
        fire.raise_alarms,
        people.staff,
        people.train,
        people.answer_hotline,
        people.write_documents,
        people.supervise,
        people.raise_matters,
        people.keep_archives,
        tenants.sign_contracts,
        tenants.receive_requests,
        tenants.receive_complaints,
        tenants.offer_services,
    ):
        tell(story)
    orders.settle(story)
    story.truth.availability = availability.figures(story)
    return story

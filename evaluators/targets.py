"""Whom a task is owed for, from the ledger, and what the ledger does not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from evaluators.facts import Facts
from evaluators.model.site import Equipment, Part
from evaluators.model.times import Window
from evaluators.model.verdicts import Level, Line, Mark, Subject
from evaluators.obligations import Task, Tenure, tenure


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that a task is owed for: the site, a document, a piece of equipment, or a part of it."""

    name: str
    owed: Tenure
    subjects: tuple[Subject, ...] = ()
    """What is judged beside the site."""
    equipment: Equipment | None = None
    part: Part | None = None

    def owner(self, task: Task) -> str:
        """Who has to act: as the task says, or the equipment's maintainer."""
        if task.owner == "maintainer":
            return self.equipment.maintainer if self.equipment else ""
        return task.owner


def targets_of(task: Task, facts: Facts) -> list[Target]:
    """Whom a task is owed for, in the order of the ledger. A rolling one is owed since judging began at most."""
    site, zone = facts.site, facts.zone
    if task.documents:
        owed = tenure(site, zone)
        found = [Target(name, owed, (Subject(Level.PART, name),)) for name in task.documents]
    elif task.parts:
        found = [
            Target(part.key, tenure(site, zone, each, part), (Subject(Level.PART, part.kind),), each, part)
            for each in site.equipment
            for part in each.parts
            if part.kind in task.parts
        ]
    elif task.critical or task.kinds:
        found = [
            Target(each.id, tenure(site, zone, each), _subjects(each), each)
            for each in site.equipment
            if (each.critical if task.critical else each.kind in task.kinds)
        ]
    else:
        found = [Target(site.id, tenure(site, zone))]
    if task.rolls and site.judged_from is not None:
        return [
            replace(each, owed=replace(each.owed, since=max(each.owed.since or 0, site.judged_from)))
            for each in found
        ]
    return found


def _subjects(equipment: Equipment) -> tuple[Subject, ...]:
    return Subject(Level.SYSTEM, equipment.system), Subject(Level.EQUIPMENT, equipment.id)


def gaps_in_the_ledger(task: Task, facts: Facts, window: Window) -> Iterator[tuple[tuple[Subject, ...], Line]]:
    """What nobody can owe because the ledger does not name it, or does not say how old it is."""
    targets = targets_of(task, facts)
    for kind in task.parts:
        if not any(each.part and each.part.kind is kind and _serves_in(each.owed, window) for each in targets):
            line = Line(about=kind, mark=Mark.UNKNOWN, start=window.start, note="no parts in the ledger")
            yield (Subject(Level.PART, kind),), line
    there = {each.equipment.kind for each in targets if each.equipment}
    absent = [word for word in task.kinds if word not in there]
    absent += ["critical equipment"] if task.critical and not targets else []
    for word in absent:
        about = " ".join(filter(None, (word, task.name)))
        yield (), Line(about=about, mark=Mark.FINDING, note=f"no {word} in the ledger")
    for each in targets:
        if task.years and each.owed.installed is None:
            yield each.subjects, not_said(task, each, window, "when it was installed")


def not_said(task: Task, target: Target, window: Window, what: str) -> Line:
    """What a target owes cannot be told, because the ledger does not say something."""
    about = " ".join(filter(None, (target.name, task.name)))
    return Line(about=about, mark=Mark.UNKNOWN, start=window.start, note=f"the ledger does not say {what}")


def _serves_in(owed: Tenure, window: Window) -> bool:
    return (owed.since is None or owed.since < window.end) and (owed.until is None or window.start < owed.until)

"""Records of every kind, made up at random around an instant, as a careless CMMS would hand them in."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from random import Random
from typing import Any, get_args, get_type_hints

from evaluators.model.bodies import BODIES, Body, Instant
from evaluators.model.episodes import State
from evaluators.model.times import DAY_NS, HOUR_NS, moment

WORDS: dict[str, tuple[str, ...]] = {
    "equipment": ("lift-0", "lift-1"),
    "item": ("lift-0/car", "lift-1/car"),
    "items": ("lift-0", "lift-1/car"),
    "technician": ("", "王工"),
    "post": ("project-manager", "customer-service", "engineering", "security", "environment"),
    "certificate": ("property-manager", "intermediate-title", "electromechanical", "fire-facility-operator"),
    "subject": ("service-awareness", "emergency-skills", "etiquette-communication", "fire"),
    "document": ("customer-service-manual", "maintenance-manual", "emergency-plan", "charter", "yearly-goals"),
    "review": ("legal", "expert", "revision"),
    "activity": ("quality-inspection", "satisfaction-survey", "follow-up", "management-review"),
    "complaint": ("1", "2", "3"),
    "staff": ("1", "2", "3"),
    "attended": ("1", "2", "3"),
    "passed": ("1", "2"),
    "failed": ("3",),
    "retake_of": ("", "1", "2"),
    "level": ("month", "intermediate"),
    "covers": ("all", "decision", "execution", "supervision"),
    "levels": ("daily", "monthly", "annual"),
    "operation": ("test", "service", "overhaul"),
    "place": ("hotline", "fire-control-room"),
    "report": ("", "R-1"),
    "part_kind": ("", "smoke"),
    "points": ("d/0", "d/1"),
    "meter": ("main", "floor"),
}


def random_body(kind: type[Body], random: Random, around: int) -> Body:
    """A body of ``kind`` about times near the instant ``around`` (ns UTC)."""
    hints = get_type_hints(kind)
    while True:
        values = {each.name: _value(each.name, hints[each.name], random, around) for each in fields(kind)}
        for each in fields(kind):
            if each.default is not MISSING and random.random() < 0.2:
                values[each.name] = each.default
        try:
            return kind(**values)
        except ValueError:  # a declaration that ends before it starts: try another
            continue


def random_kind(random: Random) -> type[Body]:
    """Any kind of record."""
    return random.choice(sorted(BODIES.values(), key=lambda body: body.KIND))


def _value(name: str, hint: Any, random: Random, around: int) -> Any:
    choices = [each for each in get_args(hint) if each is not type(None)]
    if type(None) in get_args(hint):
        return None if random.random() < 0.3 else _value(name, choices[0], random, around)
    if hint is Instant:
        return Instant(around + random.randrange(-30 * DAY_NS, 3 * DAY_NS) // HOUR_NS * HOUR_NS)
    if hint is date:
        return moment(around).date() + timedelta(days=random.randrange(-200, 20))
    if hint is State:
        return random.choice([State.PLANNED, State.NOT_REQUIRED])
    if isinstance(hint, type) and issubclass(hint, Enum):
        return random.choice(list(hint))
    if hint is bool:
        return random.random() < 0.7
    if hint is int:
        return random.randrange(1, 50)
    if hint is Fraction:
        return Fraction(random.randrange(1, 40))
    words = WORDS.get(name, ("甲", "乙"))
    if hint is str:
        return random.choice(words)
    return tuple(random.sample(words, random.randint(0, len(words))))

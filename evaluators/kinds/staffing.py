"""Staffing by floor area: how many people a building of its size needs, and in which posts.

A class "up to" a number includes the number by convention; since the next class may be read to begin with it, the
requirement at that very number is an interval.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from evaluators.facts import Facts
from evaluators.model.bodies import Staff
from evaluators.model.clauses import Clause, parameters_of
from evaluators.model.records import Record
from evaluators.model.times import Window
from evaluators.model.verdicts import Line, Mark, Verdict
from evaluators.roster import in_post
from evaluators.selection import Mistake, day_of, is_kept, the_site
from evaluators.tally import by_amount, by_share


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeClass:
    """Buildings up to a floor area need so many people."""

    up_to_m2: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post that has to be filled by so many people."""

    post: str
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Classes of size, and the posts of the smallest."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}
    classes: tuple[SizeClass, ...]
    """In order of size."""
    beyond_m2: int
    """Above the largest class, one more for each further area of this size."""
    posts: tuple[Post, ...] = ()
    """Posts that buildings of the smallest class owe, and that are told for larger ones. With them posts are
    judged, without them the number of people."""
    outsourced_count: bool = True
    """Whether those whom another company employs count."""


@dataclass(frozen=True, slots=True)
class Need:
    """How many people are needed; None: nobody can say how many at most."""

    least: int
    most: int | None


def judge(clause: Clause, facts: Facts, window: Window) -> Iterator[Verdict]:
    """One verdict for the site: people ÷ people needed, or the share of posts that are filled."""
    parameters = parameters_of(clause, Parameters)
    people = in_post(facts, day_of(facts, window), {})
    counting = [each for each in people if parameters.outsourced_count or not each.body.outsourced]
    judged = _posts if parameters.posts else _people
    yield judged(clause, parameters, facts, window, people, counting)


def need(parameters: Parameters, area: Fraction | None) -> Need:
    """How many people a floor area needs, m²; by both readings where it is the very end of a class."""
    if area is None:
        return Need(parameters.classes[0].people, None)
    readings = sorted((_need(parameters, area, inclusive=True), _need(parameters, area, inclusive=False)))
    return Need(readings[0], readings[1])


def _need(parameters: Parameters, area: Fraction, *, inclusive: bool) -> int:
    for size in parameters.classes:
        if area < size.up_to_m2 or (inclusive and area == size.up_to_m2):
            return size.people
    largest = parameters.classes[-1]
    return largest.people + (area - largest.up_to_m2) // parameters.beyond_m2


def _area(facts: Facts) -> Fraction | None:
    return None if facts.site.area_m2 is None else Fraction(facts.site.area_m2)


def _people(
    clause: Clause,
    parameters: Parameters,
    facts: Facts,
    window: Window,
    people: list[Record[Staff]],
    counting: list[Record[Staff]],
) -> Verdict:
    """Posts that are filled, and persons: of two entries of one name nobody knows whether they are two people."""
    wanted = need(parameters, _area(facts))
    persons, filled = len({each.body.name for each in counting}), len(counting)
    kept = is_kept(facts, Staff.KIND, window)
    low = Fraction(persons, wanted.most) if wanted.most and kept else Fraction(0)
    high = Fraction(filled, wanted.least) if kept else Fraction(1)
    asked = str(wanted.least) if wanted.least == wanted.most else f"{wanted.least} to {wanted.most or '?'}"
    said = [f"{persons} people in {filled} posts, {asked} needed"]
    if wanted.most is None:
        said.append("the floor area is not known")
    elif wanted.least != wanted.most:
        said.append("the floor area is the very end of a class: depends on the reading")
    if persons != filled:
        said.append("some entries share a name: one person in two posts, or two people")
    note = "; ".join(said) if kept else "no roster on record"
    marks = {True: Mark.GOOD, False: Mark.BAD if high < 1 else Mark.UNKNOWN}
    lines = [Line(about="people", mark=marks[low >= 1], note=note), *_everybody(people, counting)]
    facts_shown = (("persons", str(persons)), ("posts", str(filled)), ("needed", asked))
    return by_amount(
        clause, the_site(facts), window, facts.as_of, (low, high), lines, note=note, facts=facts_shown
    )


def _everybody(people: list[Record[Staff]], counting: list[Record[Staff]]) -> Iterator[Line]:
    for each in people:
        counts = each in counting
        by = ", of another company" if each.body.outsourced else ""
        yield Line(
            about=each.name,
            mark=Mark.FINDING if counts else Mark.EXCLUDED,
            note=f"{each.body.name}: {each.body.post}{by}" + ("" if counts else ", not counted"),
            records=(each.reference,),
        )


def _posts(
    clause: Clause,
    parameters: Parameters,
    facts: Facts,
    window: Window,
    people: list[Record[Staff]],
    counting: list[Record[Staff]],
) -> Verdict:
    area, smallest = _area(facts), parameters.classes[0].up_to_m2
    binds = None if area is None or area == smallest else area < smallest
    note = {
        True: "",
        False: "the building is of a larger class: told, not owed",
        None: "whether these posts are owed depends on the floor area",
    }[binds]
    lines = []
    for post in parameters.posts:
        filled = [each for each in counting if each.body.post == post.post]
        if binds is False:
            mark = Mark.FINDING
        elif len(filled) >= post.people:
            mark = Mark.GOOD
        else:
            mark = Mark.BAD if binds and is_kept(facts, Staff.KIND, window) else Mark.UNKNOWN
        lines.append(
            Line(
                about=post.post,
                mark=mark,
                note=f"{len(filled)} of {post.people}",
                records=tuple(each.reference for each in filled),
            )
        )
    lines += [line for line in _everybody(people, counting) if line.mark is Mark.EXCLUDED]
    return by_share(clause, the_site(facts), window, facts.as_of, lines, note=note)


def mistakes(parameters: Parameters) -> Iterator[Mistake]:
    """What is wrong with classes and numbers."""
    sizes = [size.up_to_m2 for size in parameters.classes]
    if not sizes or sizes != sorted(set(sizes)):
        yield "classes", "are not in order of size", "give at least one, each larger than the one before"
    if any(size.people < 1 for size in parameters.classes):
        yield "classes", "one needs nobody", "give at least 1"
    if parameters.beyond_m2 < 1:
        yield "beyond_m2", f"{parameters.beyond_m2} is no area", "give at least 1"

"""Tenants: contracts, requests, complaints with their contacts and surveys, value-added services."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from simulators.year.calendar import DAY, HOUR, MINUTE, SECOND, Period, at, day_of, end_of_working_days
from simulators.year.story import Story


def sign_contracts(story: Story) -> None:
    """Thirty tenants move in; what they are owed comes late for a few, and one visit is not written down."""
    rng = Random(f"{story.seed} contracts")
    for number in range(30):
        day = story.year.day(1, 5) + timedelta(days=number * 11 + rng.randint(0, 5))
        signed = at(day, rng.randint(9, 16), rng.randint(0, 59))
        limits = {
            "profile_at": signed + DAY,
            "guide_at": end_of_working_days(signed, 3),
            "visit_at": end_of_working_days(signed, 7),
        }
        steps = {"signed_at": signed}
        for step, due in limits.items():
            late = (number, step) in _LATE
            steps[step] = due + 5 * HOUR if late else signed + int((due - signed) * rng.uniform(0.1, 0.95))
        unwritten = number == 17
        name = story.records.grow(
            "contract", f"C-{number}", steps, tenant=f"公司{number}", visit_recorded=not unwritten
        )
        month = day.isoformat()[:7]
        for step, due in limits.items():
            if (number, step) in _LATE or (unwritten and step == "visit_at"):
                story.truth.lapse(_CLAUSES[step], name, due, month)


_CLAUSES = {"profile_at": "2.1.1-profile", "guide_at": "2.1.1-guide", "visit_at": "2.1.1-visit"}
_LATE = {(3, "profile_at"), (8, "guide_at"), (21, "guide_at"), (12, "visit_at")}


def receive_requests(story: Story) -> None:
    """Sixty requests a month: in two months too few are answered at once, some are late, some never closed."""
    for number, month in enumerate(story.year.months()):
        _requests_of(story, number, month, Random(f"{story.seed} requests {month.name}"))


def _requests_of(story: Story, number: int, month: Period, rng: Random) -> None:
    missed = 7 if number in (4, 9) else rng.randint(0, 3)
    open_ones = {2: 2, 7: 1}.get(number, 0)
    late = {rng.randint(40, 54)} if number in (1, 6) else {rng.randint(55, 59)} if number == 10 else set()
    for place in range(60):
        sort = "inquiry" if place < 40 else "simple" if place < 55 else "complex"
        received = month.start + int(rng.uniform(0.02, 0.9) * (month.end - month.start)) // MINUTE * MINUTE
        limit = {"inquiry": 2, "simple": 2, "complex": 24}[sort] * HOUR
        on_the_spot = place >= missed if sort == "inquiry" else None
        reply = (
            received + MINUTE if on_the_spot else received + int(rng.uniform(0.1, 0.9) * limit) // MINUTE * MINUTE
        )
        if place in late:
            reply = received + limit + 20 * MINUTE
        steps = {"received_at": received, "replied_at": reply}
        if place < 60 - open_ones:
            steps |= {"done_at": reply + 3 * HOUR, "confirmed_at": reply + 9 * HOUR}
        name = story.records.grow(
            "request", f"Q-{month.name}-{place}", steps, tenant=f"C-{place % 30}", difficulty=sort,
            first_person="C-1", answered_on_spot=on_the_spot,
        )  # fmt: skip
        if on_the_spot is False:
            story.truth.miss("2.1.2-first-answer", name, received, month.name)
        if place >= 60 - open_ones:
            story.truth.miss("2.1.2-closure", name, received, month.name)
        if place in late:
            story.truth.lapse("2.1.2-reply", name, received + limit, month.name)
    story.truth.share("2.1.2-first-answer", month.name, 40 - missed, 40)
    story.truth.share("2.1.2-closure", month.name, 20 - open_ones, 20)


def receive_complaints(story: Story) -> None:
    """Five complaints a month, from the first word to the survey, with every lapse there can be."""
    rng = Random(f"{story.seed} complaints")
    answers: dict[str, list[bool]] = {}
    for number in range(60):
        month = 1 + number // 5
        received = at(story.year.day(month, 2 + 5 * (number % 5)), rng.randint(0, 23), rng.randint(0, 59))
        solved = _complain(story, number, received, rng)
        quarter = f"{story.year.number}-Q{(day_of(solved).month + 2) // 3}"
        pleased = number not in (31, 33, 36, 40) and number % 17 != 5
        if number in _NEVER_ASKED:
            continue
        asked = solved + rng.randint(2, 20) * HOUR
        if number in _ASKED_LATE:
            asked = end_of_working_days(solved, 3) + 4 * HOUR
        story.records.add("survey", f"SU-{number}", asked, at=asked, complaint=f"K-{number}", satisfied=pleased)
        answers.setdefault(quarter, []).append(pleased)
        if not pleased:
            story.truth.miss("2.1.3-satisfied", f"complaint:K-{number}", asked, quarter)
    for quarter, given in answers.items():
        open_one = quarter == f"{story.year.number}-Q2"  # the one who was never asked
        story.truth.share("2.1.3-satisfied", quarter, sum(given), len(given), is_open=open_one)


_NEVER_ASKED, _ASKED_LATE = {22}, {47}
_CHANNELS = (("on-site", 5), ("phone", 10), ("online", 10))


def _complain(story: Story, number: int, received: int, rng: Random) -> int:
    """One complaint; returns when it was solved."""
    channel, minutes = _CHANNELS[number % 3]
    major = number % 6 == 4
    limit = (72 if major else 24) * HOUR
    seconds = minutes * 60 + 90 if number in (6, 28, 50) else rng.randint(20, minutes * 60 - 10)
    responded = received + seconds * SECOND
    solved = received + (limit + 3 * HOUR if number in (9, 34) else _took(number, limit, rng))
    steps = {"received_at": received, "responded_at": responded, "resolved_at": solved}
    name = story.records.grow(
        "complaint", f"K-{number}", steps, tenant=f"C-{number % 30}", channel=channel,
        severity="major" if major else "general", first_person="C-2",
    )  # fmt: skip
    month = day_of(received).isoformat()[:7]
    if number in (6, 28, 50):
        story.truth.lapse("2.1.3-respond", name, received + minutes * MINUTE, month)
    if number in (9, 34):
        story.truth.lapse("2.1.3-resolve", name, received + limit, month)
    if number in _NEVER_ASKED or number in _ASKED_LATE:
        story.truth.lapse("2.1.3-revisit", name, end_of_working_days(solved, 3), day_of(solved).isoformat()[:7])
    _talk(story, number, received, solved, name)
    return solved


def _took(number: int, limit: int, rng: Random) -> int:
    """How long a complaint that is solved in time was open; one long enough for days of contacts."""
    share = 0.95 if number == LITTLE_TALK else rng.uniform(0.2, 0.95)
    return int(share * limit) // SECOND * SECOND


LITTLE_TALK = 10


def _talk(story: Story, number: int, received: int, solved: int, name: str) -> None:
    """Two contacts on each whole day on which it is open; once there is only one."""
    day = day_of(received) + timedelta(days=1)
    first = True
    while at(day + timedelta(days=1)) <= solved:
        for place, hour in enumerate((10, 16)):
            if first and number == LITTLE_TALK and place == 1:
                story.truth.lapse("2.1.3-contact", f"{name} {day}", at(day, 24), day.isoformat()[:7])
                continue
            story.records.add(
                "contact", f"CO-{number}-{day}-{place}", at(day, hour), complaint=f"K-{number}", at=at(day, hour),
                person="C-2",
            )  # fmt: skip
        first = False
        day += timedelta(days=1)


def offer_services(story: Story) -> None:
    """Ten value-added services, four of them new; enough companies take part, but too few employees."""
    for number in range(10):
        new = number < 4
        first = story.year.day(2 + number, 1) if new else date(story.year.number - 2, 3, 1)
        known = max(at(first), story.year.start - 15 * DAY)
        story.records.add(
            "value-added",
            f"VA-{number}",
            known,
            title=f"增值服务{number}",
            offered_from=first,
            customised=number == 0,
        )
        if not new:
            story.truth.miss(
                "2.1.4-renewal", f"value-added:VA-{number}", story.year.end - 1, str(story.year.number)
            )
    day = story.year.day(12, 20)
    story.records.add(
        "participation", "PA", at(day, 17), counted_on=day, companies=60, companies_took_part=30, employees=3000,
        employees_took_part=1000,
    )  # fmt: skip
    name = str(story.year.number)
    story.truth.miss("2.1.4-uptake", "participation:PA", at(day), name)
    story.truth.share("2.1.4-renewal", name, 4, 10)
    story.truth.share("2.1.4-uptake companies", name, 30, 60)
    story.truth.share("2.1.4-uptake employees", name, 1000, 3000)

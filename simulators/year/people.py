"""The team and the organisation: staff, certificates, trainings, shifts, documents, reviews, supervision."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from simulators.year.calendar import DAY, HOUR, MINUTE, Period, at, day_of
from simulators.year.story import Story

STAY = {
    "M-1": ("project-manager", True), "C-1": ("customer-service", True), "C-2": ("customer-service", False),
    "E-1": ("engineering", True), "E-2": ("engineering", False), "E-3": ("engineering", False),
    "S-1": ("security", True), "S-2": ("security", False), "S-3": ("security", False),
}  # fmt: skip
LEAVE = {"E-4": "engineering", "S-4": "security", "V-1": "environment"}
"""Who leaves at the end of April and is followed by `JOIN` in June: in May they are nine."""
JOIN = {"E-5": "engineering", "S-5": "security", "V-2": "environment"}
SUBJECTS = ("service-awareness", "emergency-skills")
MANUALS = (
    "customer-service-manual", "maintenance-manual", "emergency-plan", "environment-standard", "energy-policy",
    "intelligent-systems-manual",
)  # fmt: skip


def staff(story: Story) -> None:
    """The team, with a month in which it is too small, and its certificates, of which one runs out for a while."""
    year = story.year
    before = date(year.number - 3, 1, 1)
    for name, (post, lead) in STAY.items():
        _member(story, name, post, before, None, lead=lead)
    for name, post in LEAVE.items():
        _member(story, name, post, before, year.day(4, 30))
    for name, post in JOIN.items():
        _member(story, name, post, year.day(6, 1), None)
    may = (at(year.day(5, 1)), at(year.day(6, 1)))
    story.truth.not_standing("1.3-staff", *may, "nine people")
    story.truth.not_standing("1.3-roles", *may, "nobody for the environment")
    for holder, certificate, expires in (
        ("M-1", "property-manager", None), ("E-1", "electromechanical", None),
        ("S-1", "fire-facility-operator", year.day(8, 15)),
    ):  # fmt: skip
        _certificate(story, holder, certificate, before, expires)
    _certificate(story, "S-1", "fire-facility-operator", year.day(9, 10), None)
    gap = (at(year.day(8, 16)), at(year.day(9, 10)))
    story.truth.not_standing("1.3-certs", *gap, "the operator's certificate of S-1 ran out")


def _member(story: Story, name: str, post: str, since: date, until: date | None, *, lead: bool = False) -> None:
    known = max(at(since) - DAY, story.year.start - 20 * DAY)
    story.records.add("staff", name, known, name=name, post=post, lead=lead, since=since)
    if until is not None:
        story.records.add(
            "staff",
            name,
            at(until) - 10 * DAY,
            version=2,
            name=name,
            post=post,
            lead=lead,
            since=since,
            until=until,
        )


def _certificate(story: Story, holder: str, certificate: str, issued: date, expires: date | None) -> None:
    known = max(at(issued) + HOUR, story.year.start - 20 * DAY)
    level = "intermediate" if certificate == "fire-facility-operator" else ""
    story.records.add(
        "certificate", f"CT-{holder}-{issued.year}", known, staff=holder, certificate=certificate, level=level,
        number=f"{holder}/{issued.year}", issued=issued, expires=expires,
    )  # fmt: skip


def train(story: Story) -> None:
    """Two trainings a quarter for all; one person misses one, and one who fails is never tested again."""
    for number, quarter in enumerate(story.year.quarters()):
        for subject in SUBJECTS:
            _quarter(story, number, quarter, subject)
    for number in range(6):
        when = at(story.year.day(2 * number + 1, 20), 9)
        came = ("C-1", "C-2") if number != 3 else ("C-1",)
        story.records.add(
            "training", f"TR-etiquette-{number}", when + 8 * HOUR, performed_at=when, hours="7",
            subject="etiquette-communication", attended=came, passed=came,
        )  # fmt: skip
    hours = {"C-1": 42, "C-2": 35}
    for name, had in hours.items():
        if had < 40:
            story.truth.lapse("1.3-cs-training", f"staff:{name}", story.year.end, str(story.year.number))


_FAILED = {(1, "service-awareness"): ("E-2",), (3, "emergency-skills"): ("E-2", "S-2")}


def _quarter(story: Story, number: int, quarter: Period, subject: str) -> None:
    came = [*STAY, *(LEAVE if number < 2 else JOIN)]
    if number == 2 and subject == "emergency-skills":
        came.remove("S-3")
        story.truth.lapse("1.3-coverage", f"staff:S-3 {subject}", quarter.end, quarter.name)
    failed = {(1, "service-awareness"): ("E-2",), (3, "emergency-skills"): ("E-2", "S-2")}.get(
        (number, subject), ()
    )
    passed = tuple(name for name in came if name not in failed)
    when = at(day_of(quarter.start) + timedelta(days=20), 14)
    name = f"TR-{subject}-{quarter.name}"
    story.records.add(
        "training", name, when + 3 * HOUR, performed_at=when, hours="2", subject=subject, attended=tuple(came),
        passed=passed, failed=failed,
    )  # fmt: skip
    for person in failed:
        story.truth.miss("1.3-pass", f"training:{name} {person}", when, quarter.name)
        if person != "E-2":
            story.truth.lapse("1.3-pass", f"training:{name} {person} again", when + 30 * DAY, quarter.name)
    if "E-2" in failed:
        again = when + 9 * DAY
        story.records.add(
            "training", f"{name}-again", again + HOUR, performed_at=again, hours="1", subject=subject,
            attended=("E-2",), passed=("E-2",), retake_of=name,
        )  # fmt: skip
    if number == 1:  # those who joined in June
        later = at(story.year.day(6, 10), 14)
        story.records.add(
            "training", f"{name}-new", later + 3 * HOUR, performed_at=later, hours="2", subject=subject,
            attended=tuple(JOIN), passed=tuple(JOIN),
        )  # fmt: skip


def answer_hotline(story: Story) -> None:
    """Three shifts a day; a few have nobody, and once the line is dead."""
    rng = Random(f"{story.seed} hotline")
    shifts = [(day, part) for day in story.year.days() for part in range(3)]
    odd = dict(zip(rng.sample(range(1, len(shifts), 4), k=4), ("nobody",) * 3 + ("dead",), strict=True))
    bare: dict[str, int] = {}
    for number, (day, part) in enumerate(shifts):
        start, end = at(day, 8 * part), at(day, 8 * part + 8)
        if number in odd:
            month_name = day.isoformat()[:7]
            bare[month_name] = bare.get(month_name, 0) + end - start
            story.truth.miss("2.1.2-hotline", f"hotline {day} {8 * part:02}:00", start, month_name)
        if odd.get(number) == "nobody":
            continue
        story.records.add(
            "duty", f"DU-{day}-{part}", start - 12 * HOUR, start=start, end=end, person=f"C-{1 + number % 2}",
            answered=number not in odd,
        )  # fmt: skip
    for month in story.year.months():
        whole = (month.end - month.start) // MINUTE
        story.truth.share("2.1.2-hotline", month.name, whole - bare.get(month.name, 0) // MINUTE, whole)


def write_documents(story: Story) -> None:
    """Everything that is to be written down; the emergency plan runs out in October for eight days."""
    year = story.year
    before = date(year.number - 1, 1, 1)
    for document in MANUALS:
        until = year.day(9, 30) if document == "emergency-plan" else None
        _document(story, document, before, until)
    _document(story, "emergency-plan", year.day(10, 9), None)
    gap = (at(year.day(10, 1)), at(year.day(10, 9)))
    story.truth.not_standing("1.2-manuals", *gap, "no emergency plan")
    posts = ("customer-service", "engineering", "security", "environment")
    _document(story, "charter", before, None, ("decision", "execution", "supervision", *posts))
    _document(story, "yearly-goals", year.day(1, 1), year.day(12, 31))
    _document(story, "coordination", before, None)
    _document(story, "programme", before, None, ("customised",))
    for document in MANUALS:
        for number, review in enumerate(("legal", "expert", "revision")):
            if (document, review) == ("energy-policy", "expert"):
                about = f"{document} {review} {year.number}"
                story.truth.lapse("1.2-review", about, year.end, str(year.number))
                continue
            day = year.day(3 + 3 * number, 1 + MANUALS.index(document))
            story.records.add(
                "review", f"RV-{document}-{review}", at(day, 17), document=document, review=review,
                performed_on=day, person=review,
            )  # fmt: skip


def _document(story: Story, document: str, since: date, until: date | None, covers: tuple[str, ...] = ()) -> None:
    known = max(at(since) - HOUR, story.year.start - 20 * DAY)
    story.records.add(
        "document", f"DO-{document}-{since}", known, document=document, title=document, valid_from=since,
        valid_until=until, covers=covers,
    )  # fmt: skip


def supervise(story: Story) -> None:
    """Quality inspections, surveys, reviews, and findings of which one is put right late and one never."""
    rng = Random(f"{story.seed} supervision")
    year = story.year
    for number, quarter in enumerate(year.quarters()):
        for activity in ("quality-inspection", "satisfaction-survey", "follow-up"):
            day = day_of(quarter.start) + timedelta(days=rng.randint(20, 70))
            _oversee(story, f"OV-{activity}-{number}", activity, day)
    _oversee(story, "OV-review", "management-review", year.day(11, 20))
    for number in range(24):
        found = at(year.day(1 + number // 2, 3 + 12 * (number % 2)), 10)
        due = found + 7 * DAY
        steps = {"found_at": found}
        if number != 13:
            steps["closed_at"] = due + 2 * DAY if number == 7 else found + rng.randint(1, 6) * DAY
        name = story.records.grow("finding", f"FI-{number}", steps, title="巡检问题", due_at=due, person="E-1")
        if number in (7, 13):
            story.truth.lapse("1.1-oversight", name, due, str(year.number))


def _oversee(story: Story, name: str, activity: str, day: date) -> None:
    story.records.add(
        "oversight", name, at(day, 18), activity=activity, performed_on=day, person="监督", independent=True
    )


def raise_matters(story: Story) -> None:
    """Major matters, answered within a quarter of an hour save two."""
    rng = Random(f"{story.seed} matters")
    for number in range(20):
        raised = at(story.year.day(1 + number % 12, rng.randint(1, 28)), rng.randint(0, 23), rng.randint(0, 59))
        late = number in (4, 11)
        answered = raised + (rng.randint(16, 50) if late else rng.randint(1, 14)) * MINUTE
        steps = {"raised_at": raised, "answered_at": answered}
        name = story.records.grow("matter", f"MA-{number}", steps, title="重大事项", person="M-1")
        if late:
            story.truth.lapse("1.1-notify", name, raised + 15 * MINUTE, day_of(raised).isoformat()[:7])


def keep_archives(story: Story) -> None:
    """The archives of key operations from before go-live."""
    for operation in ("test", "linkage-test", "service", "overhaul", "round", "drill"):
        first, last = date(story.year.number - 6, 1, 1), date(story.year.number - 1, 12, 31)
        story.records.add(
            "archive", f"AR-{operation}", story.year.start - 10 * DAY, imported=True, operation=operation,
            covers_from=first, covers_until=last, place="档案室",
        )  # fmt: skip

"""The team: posts, certificates, trainings, shifts of duty."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import ClassVar

from evaluators.model.bodies.body import Body, Instant, Refs, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Body):
    """A member of the team, from a day to a day."""

    KIND: ClassVar[str] = "staff"
    NAME_ZH: ClassVar[str] = "人员"
    ANCHOR: ClassVar[str] = "since"
    name: str = column("姓名", "the person's name")
    post: str = column(
        "岗位", "project-manager, customer-service, engineering, security, environment or another post"
    )
    lead: bool = column("是否主管", "whether the person leads the function", False)
    since: date = column("到岗日期", "first day in the post")
    until: date | None = column("离岗日期", "last day in the post", None)
    outsourced: bool = column("是否外包", "employed by another company", False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate(Body):
    """A certificate or title of a member of staff."""

    KIND: ClassVar[str] = "certificate"
    NAME_ZH: ClassVar[str] = "证书"
    ANCHOR: ClassVar[str] = "issued"
    staff: str = column("人员编号", "id of the staff record")
    certificate: str = column(
        "证书类别",
        "property-manager, intermediate-title, electromechanical, fire-facility-operator or another",
    )
    level: str = column("等级", "such as intermediate", "")
    number: str = column("证书编号", "its number", "")
    issued: date = column("发证日期", "date of issue")
    expires: date | None = column("有效期至", "last day of validity; empty: does not expire", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Training(Body):
    """A training and who came, passed and failed; or a retake of an earlier one."""

    KIND: ClassVar[str] = "training"
    NAME_ZH: ClassVar[str] = "培训"
    ANCHOR: ClassVar[str] = "performed_at"
    performed_at: Instant = column("培训时间", "when it began")
    subject: str = column("科目", "service-awareness, emergency-skills, etiquette-communication or another")
    hours: Fraction = column("学时", "hours", Fraction(0))
    attended: Refs = column("参加人员", "ids of staff who came", ())
    passed: Refs = column("考核通过", "ids of staff who passed", ())
    failed: Refs = column("考核未通过", "ids of staff who failed", ())
    retake_of: str = column("补考对应培训", "id of the training whose test is taken again", "")
    moved: Refs = column("调整岗位", "ids of staff who failed and were given another post", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty(Body):
    """Who is on duty over ``[start, end)``: answers the hotline, or sits in the control room."""

    KIND: ClassVar[str] = "duty"
    NAME_ZH: ClassVar[str] = "值班"
    ANCHOR: ClassVar[str] = "start"
    start: Instant = column("开始时间", "when the shift begins")
    end: Instant = column("结束时间", "when it ends")
    person: str = column("值班人", "who answers")
    answered: bool = column("接通", "whether the line was answered throughout", True)
    place: str = column("值班地点", "hotline, control-room or another place", "hotline")
    post: str = column("岗位", "agent, duty-manager or another post", "")

"""The tables of a site file that are the same for every protocol."""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, SecretStr, field_validator

from config.problems import Refused, closest, shown
from connectors.settings import Seconds, Table

D = TypeVar("D", bound=date)

ID = r"^[a-z0-9][a-z0-9-]*$"
"""What every id looks like."""


def _scalar(value: object) -> object:
    if not isinstance(value, bool | int | float | str):
        raise Refused(f"{shown(value)} is no value of a point", "give true, false, a number or text in quotes")
    if isinstance(value, float) and not math.isfinite(value):
        raise Refused(f"{shown(value)} is out of range", "give a finite number")
    return value


def _countable(value: D) -> D:
    if not 1970 <= value.year <= 2261:
        raise Refused(f"the year {value.year} is out of range", "give one from 1970 to 2261")
    return value


Scalar = Annotated[Any, AfterValidator(_scalar)]
"""A point's value: kept in the type in which the file gives it."""

Day = Annotated[date, AfterValidator(_countable)]
"""A date that nanoseconds can count to."""

Moment = Annotated[AwareDatetime, AfterValidator(_countable)]
"""A time with zone that fits into 64 bits of nanoseconds."""

Year = Annotated[int, Field(ge=1970, le=2261)]


class SiteTable(Table):
    """``[site]``: the building."""

    id: Annotated[str, Field(pattern=ID)]
    name: str = ""
    timezone: str
    """IANA name, such as ``Asia/Shanghai``: months and days are this zone's."""
    area_m2: Annotated[float, Field(gt=0)] | None = None
    """Floor area."""
    commissioned: bool = False
    """Whether points were proved on site; until then their samples count as unknown."""
    judged_from: Moment | None = None
    """When judging begins; nothing counts before it."""
    handed_over: Day | None = None
    """When the building was taken over: records are owed since then."""

    @field_validator("timezone")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            close = closest(name, available_timezones()) or "Asia/Shanghai"
            raise Refused(f"{shown(name)} is no time zone", f'give an IANA name, such as "{close}"') from None
        return name


class JournalTable(Table):
    """``[journal]``: where samples are kept, and how many of them."""

    path: Annotated[str, Field(min_length=1)] = "journal.db"
    """Relative to the site file's folder."""
    keep_days: Annotated[float, Field(gt=0, le=36600)] = 400.0
    """How long samples stay at least, unless ``keep_gb`` is reached."""
    keep_gb: Annotated[float, Field(gt=0, le=1000000)] | None = None
    """How large the journal may grow, in GB (10⁹ bytes)."""
    when_full: Literal["drop_oldest", "stop"] = "drop_oldest"
    """What is done where ``keep_gb`` is reached and InfluxDB has not taken what would have to go."""
    min_free_mb: Annotated[float, Field(ge=0, le=1000000)] = 32.0
    """Below so much free room on its disk (MB, 10⁶ bytes) nothing more is taken."""
    ballast_mb: Annotated[float, Field(ge=0, le=1000000)] = 8.0
    """The size (MB) of a file beside it that is deleted then."""


class SystemTable(Table):
    """``[systems.X]``: a system that is shown beside the site."""

    name: str = ""


class CalendarTable(Table):
    """``[calendar]``: working days."""

    official: Literal["china", "none"] | None = None
    """Whose official table is used; unset: China's where the site's zone is in China."""
    years: tuple[Year, ...] = ()
    """Years whose days the two lists below give, since no official table does."""
    days_off: tuple[Day, ...] = ()
    """Days without work, whatever the official table says."""
    workdays: tuple[Day, ...] = ()
    """Days with work, whatever the official table says."""


def _standards(value: object) -> object:
    if value == "all" or (isinstance(value, tuple) and all(isinstance(entry, str) for entry in value)):
        return value
    raise Refused(f"{shown(value)} names no standards", 'give "all", or a list of ids')


class StandardsTable(Table):
    """``[standards]``: which public standards the site is judged by besides."""

    enabled: Annotated[Any, AfterValidator(_standards)] = ()
    """``"all"``, or ids of their clauses."""


class RecordsTable(Table):
    """``[records]``: where records come from."""

    inbox: Annotated[str, Field(min_length=1)] = "inbox"
    """Folder, relative to the site file's."""
    points: tuple[str, ...] = ()
    """Text points whose samples are records in JSON."""


class PointsTable(Table):
    """``[points]``: where points are listed besides."""

    files: tuple[str, ...] = ()
    """Point lists, relative to the site file's folder."""


class AlertsTable(Table):
    """``[alerts]``: where alerts are sent to."""

    webhook_url: Annotated[str, Field(pattern=r"^https?://[^/]+")] | None = None
    webhook_token: SecretStr = SecretStr("")
    """Better kept out of the site file: ``STEWARD_ALERTS__WEBHOOK_TOKEN`` or a secrets file."""
    timeout_s: Seconds = 4.0
    """For each request; below 5 s, so that a stop is never held up."""

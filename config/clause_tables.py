"""The tables of a clause: a row of the catalogue, and what a site may change of one."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from config.problems import Refused
from config.words import word
from connectors.settings import Table
from evaluators.model.clauses import Auto, Dimension
from evaluators.model.times import WindowKind

Decimal = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$")]
"""A decimal in quotes, so that it is exact."""
Text = Annotated[str, Field(min_length=1)]
Days = Annotated[int, Field(ge=1, le=36600)]
Window = Annotated[WindowKind, BeforeValidator(word(WindowKind))]


class ClauseTable(Table):
    """``[clauses."1.4-availability"]``: a whole row."""

    number: Text
    """The chapter in the source."""
    place: Annotated[int, Field(ge=1)]
    """Where it stands among the rows of its chapter."""
    title_zh: Text
    title_en: Text
    kind: str
    """Which evaluator judges it."""
    threshold: Decimal
    unit: Text
    """UCUM; ``1`` for a ratio or a number."""
    window: Window
    window_days: Days | None = None
    """How many days a rolling window has."""
    dimension: Annotated[Dimension, BeforeValidator(word(Dimension))]
    auto: Annotated[Auto, BeforeValidator(word(Auto))]
    evidence: tuple[str, ...]
    """Kinds of records, ``telemetry`` or ``ledger``."""
    source: str = ""
    """The public standard it comes from, with its edition."""
    verified: bool = True
    """Whether the threshold was checked against its source."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """The keys of its kind."""
    weight: Decimal | None = None
    """Of a site's own row: its share in the site's score."""


class OverlayTable(Table):
    """``[clauses."1.4-availability"]`` of a site file: what the site changes of a row."""

    title_zh: Text | None = None
    title_en: Text | None = None
    threshold: Decimal | None = None
    """In the row's unit."""
    window: Window | None = None
    window_days: Days | None = None
    parameters: dict[str, Any] = Field(default_factory=dict)
    """Of the row's kind; the others stay as they are."""
    verified: bool | None = None
    """True: the site confirms a threshold that nobody had checked."""
    confirmed_by: Text | None = None
    """Who confirmed it."""
    confirmed_on: date | None = None
    not_applicable: Text | None = None
    """Why the clause is not judged here."""
    weight: Decimal | None = None
    """Its share in the site's own score."""

    @model_validator(mode="after")
    def _confirmed(self) -> OverlayTable:
        if self.verified is False:
            raise Refused(
                "verified = false confirms nothing", "leave it out, or give true with confirmed_by and on"
            )
        whole = self.confirmed_by is not None and self.confirmed_on is not None
        if self.verified and not whole:
            raise Refused(
                "verified needs confirmed_by and confirmed_on", "say who confirmed the threshold, and when"
            )
        if not self.verified and (self.confirmed_by or self.confirmed_on):
            raise Refused("confirmed_by and confirmed_on go with verified = true", "add it, or leave them out")
        return self

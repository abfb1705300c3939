"""Records: what people state. Here the declarations that change what an item owes."""

from __future__ import annotations

from dataclasses import dataclass

from evaluators.model.episodes import State


@dataclass(frozen=True, slots=True)
class Declaration:
    """Planned work or a stand-down of one item over ``[start, end)``, stated by ``author`` at ``declared_at``.

    ``state`` is `State.PLANNED` or `State.NOT_REQUIRED`. Only what was declared before its start counts.
    """

    item: str
    state: State
    start: int
    end: int
    declared_at: int
    author: str

    def __post_init__(self) -> None:
        if self.state not in (State.PLANNED, State.NOT_REQUIRED):
            raise ValueError(f"a declaration makes an item planned or not_required, not {self.state}")
        if self.end <= self.start:
            raise ValueError("a declaration must end after it starts")

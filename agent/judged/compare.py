"""What was journaled held against what is found anew. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent.judged.content import digest
from evaluators.model.clauses import Clause
from evaluators.model.times import Window
from evaluators.model.verdicts import Verdict

JudgeWindow = Callable[[Clause, Window, int], Sequence[Verdict]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A journaled verdict and the same found anew; None where the clause or subject is no longer judged.

    ``from_runs``: samples of its window were let go, so that it rests on what had been folded of them.
    """

    stored: Verdict
    anew: Verdict | None
    from_runs: bool = False

    @property
    def is_same(self) -> bool:
        """Whether both say the same in all that they rest on, bit for bit."""
        return self.anew is not None and digest(self.stored) == digest(self.anew)


def compare(
    stored: Iterable[Verdict],
    clauses: Sequence[Clause],
    judge: JudgeWindow,
    as_of: int,
    horizon: int | None = None,
) -> list[Comparison]:
    """Each stored verdict beside the same clause, subject and window judged at ``as_of`` (ns UTC). ``horizon``: up
    to when samples are gone."""
    rows = {clause.id: clause for clause in clauses}
    found: dict[tuple[str, Window], dict[str, Verdict]] = {}
    comparisons = []
    for verdict in stored:
        clause, key = rows.get(verdict.clause), (verdict.clause, verdict.window)
        if clause is not None and key not in found:
            found[key] = {str(v.subject): v for v in judge(clause, verdict.window, as_of)}
        looks = clause is not None and "telemetry" in clause.evidence
        from_runs = looks and horizon is not None and verdict.window.start <= horizon
        comparisons.append(Comparison(verdict, found.get(key, {}).get(str(verdict.subject)), from_runs))
    return comparisons

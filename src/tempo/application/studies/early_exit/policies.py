"""The rules that a study measures: by criterion, level and layers, on texts and on sets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.application.studies.early_exit.calibration import calibrated, cheapest
from tempo.domain.early_exit import Leaving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.early_exit.calibration import Calibrated, Watched
    from tempo.application.studies.early_exit.plan import EarlyExitPlan
    from tempo.domain.early_exit import Criterion, ExitRule, PassCost


class Work(StrEnum):
    """What a rule is measured on.

    TEXT: greedy decoding, exits at all exit layers.
    CHEAPEST: the same, exits at those layers alone that let the fewest weights be read.
    EACH: parallel sets, whose rows leave one by one.
    SET: parallel sets that leave by their slowest row.
    """

    TEXT = "text"
    CHEAPEST = "cheapest"
    EACH = "each"
    SET = "set"

    @property
    def decodes_sets(self) -> bool:
        """Whether several tokens go through a pass."""
        return self in {Work.EACH, Work.SET}


@dataclass(frozen=True, slots=True)
class Policy:
    """One rule under its name.

    Attributes:
        work: what it is measured on.
        criterion: what rows are judged by.
        level: the agreement it is calibrated to.
        promised: its rule, and what the held-out texts say of it.
        writes: whether it writes texts by itself too.
    """

    work: Work
    criterion: Criterion
    level: float
    promised: Calibrated
    writes: bool = False

    @property
    def name(self) -> str:
        """What tells it from the others."""
        return f"{self.work.value}, {self.criterion.value}, {self.level:g}"

    @property
    def rule(self) -> ExitRule:
        """Its rule."""
        leaving = Leaving.SET if self.work is Work.SET else Leaving.EACH
        return replace(self.promised.rule, leaving=leaving)

    @property
    def exits(self) -> bool:
        """Whether any row may leave; one that has none is the full model, and is not measured."""
        return self.promised.exits


def policies_of(plan: EarlyExitPlan, watched: Watched, cost: PassCost) -> tuple[Policy, ...]:
    """Return all rules of a plan, calibrated on held-out readings.

    Parallel sets, and the cheapest layers, are of the lowest level alone: no higher one lets more
    rows leave.
    """
    return tuple(_policies(plan, watched, cost))


def _policies(plan: EarlyExitPlan, watched: Watched, cost: PassCost) -> Iterator[Policy]:
    lowest = plan.levels[0]
    for criterion in plan.criteria:
        for level in plan.levels:
            every = calibrated(watched, criterion, level, cost)
            yield Policy(Work.TEXT, criterion, level, every, writes=level == lowest)
            if level == lowest:
                best = cheapest(watched, criterion, level, cost)
                yield Policy(Work.CHEAPEST, criterion, level, best)
                yield Policy(Work.EACH, criterion, level, every)
                yield Policy(Work.SET, criterion, level, every)

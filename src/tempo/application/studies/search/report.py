"""What a study of search found: means with intervals by method and rows, and the differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.intervals import estimates
from tempo.application.studies.search.figures import Cell
from tempo.application.studies.search.plan import Method

if TYPE_CHECKING:
    from tempo.application.studies.intervals import Estimate
    from tempo.application.studies.search.figures import ItemFigures, Trial
    from tempo.application.studies.search.plan import SearchPlan

SUCCESS, VALUE, AHEAD = "success", "value", "ahead"
ROWS, TEXTS, LIKELIHOOD = "rows", "texts", "log_probability"
PER_SIMULATION, UNSHARED, SHARED = "rows_per_simulation", "unshared_rows_per_simulation", "shared"


@dataclass(frozen=True, eq=False)
class SearchStudyReport:
    """The trials of a study's items and what they say together.

    Attributes:
        task: its name.
        plan: what was asked.
        items: one entry an item that was tried.
        asked_for: how many items were to be; fewer were if the study was stopped.
    """

    task: str
    plan: SearchPlan
    items: tuple[ItemFigures, ...]
    asked_for: int

    @cached_property
    def estimates(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell: the mean of every figure; `ahead` is the search's success less the method's."""
        return {
            cell: estimates(self._columns(cell), self.plan.seed)
            for cell in (
                Cell(method.value, budget) for budget in self.plan.budgets for method in Method
            )
        }

    def _columns(self, cell: Cell) -> dict[str, list[float]]:
        found = [one.trials[cell] for one in self.items]
        search = Cell(Method.MCTS.value, cell.budget)
        columns = {
            SUCCESS: [one.success for one in found],
            VALUE: [one.value for one in found],
            ROWS: [float(one.rows) for one in found],
            TEXTS: [float(one.texts) for one in found],
            LIKELIHOOD: [one.log_probability for one in found],
        }
        if cell == search:
            per = [_per_simulation(one) for one in found]
            return columns | {
                PER_SIMULATION: [rows for rows, _ in per],
                UNSHARED: [rows for _, rows in per],
                SHARED: [shared / unshared for shared, unshared in per],
            }
        return columns | {
            AHEAD: [one.trials[search].success - one.trials[cell].success for one in self.items]
        }


def _per_simulation(trial: Trial) -> tuple[float, float]:
    """Return a search's rows by simulation, with a shared cache and without one."""
    if not trial.simulations:
        return math.nan, math.nan
    return trial.rows / trial.simulations, trial.unshared / trial.simulations

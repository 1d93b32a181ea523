"""What an ambiguity study found: means with intervals by injection, weight, method and depth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.ambiguity.figures import AT_THE_ANSWER, METRICS, Cell
from tempo.application.studies.ambiguity.measuring import CONTROLS, EMBEDDINGS
from tempo.application.studies.intervals import estimates

if TYPE_CHECKING:
    from tempo.application.studies.ambiguity.figures import ContextFigures
    from tempo.application.studies.ambiguity.plan import AmbiguityPlan, Injection
    from tempo.application.studies.intervals import Estimate

KL_DIFFERENCE = "kl_minus_embeddings"
"""KL less that of the embedding mixture in the same context."""


@dataclass(frozen=True, eq=False)
class AmbiguityReport:
    """The figures of a study's contexts and what they say together.

    Attributes:
        plan: what was asked.
        contexts: one entry a context measured.
        prompts: how many contexts were to be measured; fewer were if the study was stopped.
        left_out: how many more could not be injected with this tokenizer.
    """

    plan: AmbiguityPlan
    contexts: tuple[ContextFigures, ...]
    prompts: int
    left_out: int = 0

    @property
    def methods(self) -> tuple[str, ...]:
        """The rules and what they are held beside."""
        return (*(rule.name for rule in self.plan.rules), *CONTROLS)

    def depths(self, injection: Injection) -> tuple[int, ...]:
        """Return the depths that some context has, the answer's place last."""
        measured = {
            cell.depth
            for context in self.contexts
            for cell in context.figures
            if cell.injection == injection.value
        }
        answer = [AT_THE_ANSWER] if AT_THE_ANSWER in measured else []
        return tuple(sorted(measured - {AT_THE_ANSWER}) + answer)

    @cached_property
    def estimates(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell: the mean of every metric, and its paired difference to the embeddings."""
        return {
            cell: self._estimated(cell)
            for cell in (
                Cell(injection.value, weight, method, depth)
                for injection in self.plan.injections
                for weight in self.plan.weights
                for method in self.methods
                for depth in self.depths(injection)
            )
        }

    def _estimated(self, cell: Cell) -> dict[str, Estimate]:
        rival = Cell(cell.injection, cell.weight, EMBEDDINGS, cell.depth)
        found = [
            (one.figures[cell], one.figures[rival]) for one in self.contexts if cell in one.figures
        ]
        columns: dict[str, list[float]] = {
            name: [getattr(mine, name) for mine, _ in found] for name in METRICS
        }
        columns[KL_DIFFERENCE] = [
            mine.kl - other.kl if math.isfinite(other.kl) else math.nan for mine, other in found
        ]
        return estimates(columns, self.plan.seed)

"""What a study of pruning found: means over contexts with their intervals."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.intervals import estimates
from tempo.application.studies.pruning.figures import METRICS
from tempo.application.studies.pruning.findings import SIZES, TEXT_METRICS, Cell
from tempo.application.studies.pruning.scores import SCORES
from tempo.application.studies.pruning.variants import NONE, Variant

if TYPE_CHECKING:
    from tempo.application.studies.intervals import Estimate
    from tempo.application.studies.pruning.findings import ContextFindings
    from tempo.application.studies.pruning.plan import PruningPlan

MINUS_NONE = "_minus_none"
"""Ends the name of a difference to the run without pruning, taken within a context."""


@dataclass(frozen=True, eq=False)
class PruningReport:
    """The findings of a study's contexts and what they say together.

    Attributes:
        plan: what was asked.
        contexts: one entry a context measured, in the order of the prompts.
        prompts: how many contexts were asked for; fewer were measured if the study was stopped.
    """

    plan: PruningPlan
    contexts: tuple[ContextFindings, ...]
    prompts: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination of rule, lag, size of set and score."""
        return tuple(
            Cell(rule.name, lag, size, score)
            for rule in self.plan.rules
            for lag in self.plan.lags
            for size in SIZES
            for score in SCORES
        )

    @cached_property
    def rankings(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell, each metric: the mean over contexts of their means over sets."""
        return {
            cell: estimates(
                {
                    name: [one.rankings.get(cell, {}).get(name, math.nan) for one in self.contexts]
                    for name in METRICS
                },
                self.plan.seed,
            )
            for cell in self.cells
        }

    @property
    def continued(self) -> tuple[ContextFindings, ...]:
        """The contexts that texts were written for."""
        return tuple(context for context in self.contexts if context.texts)

    @cached_property
    def texts(self) -> dict[Variant, dict[str, Estimate]]:
        """By variant, each figure and its paired difference to the run without pruning."""
        return {variant: self._texts(variant) for variant in self.plan.variants}

    def sets(self, rule: str, lag: int, size: str) -> int:
        """Return how many sets were judged in all contexts."""
        return sum(one.sets.get((rule, lag, size), 0) for one in self.contexts)

    def left_out(self, rule: str, lag: int) -> int:
        """Return how many judgements would have passed the budget in all contexts."""
        return sum(one.left_out.get((rule, lag), 0) for one in self.contexts)

    def _texts(self, variant: Variant) -> dict[str, Estimate]:
        first = Variant(variant.superposition, NONE)
        columns: dict[str, list[float]] = {}
        for name in TEXT_METRICS:
            values = [float(getattr(one.texts[variant], name)) for one in self.continued]
            rivals = [float(getattr(one.texts[first], name)) for one in self.continued]
            columns[name] = values
            columns[name + MINUS_NONE] = [
                value - rival for value, rival in zip(values, rivals, strict=True)
            ]
        return estimates(columns, self.plan.seed)

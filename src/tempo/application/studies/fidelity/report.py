"""What a study found: means and paired differences by rule, threshold and depth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.figures import METRICS, Cell
from tempo.application.studies.intervals import estimates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.fidelity.figures import ContextFigures, Figures, Overrun
    from tempo.application.studies.fidelity.plan import StudyPlan
    from tempo.application.studies.intervals import Estimate

DIFFERENCES = ("kl_minus_beam", "kl_minus_single", "kl_minus_first", "tv_minus_first")
"""Paired differences, each taken within a context: to the baselines, and to the first rule."""


@dataclass(frozen=True, eq=False)
class FidelityReport:
    """The figures of a study's contexts and what they say together.

    Attributes:
        plan: what was asked.
        contexts: one entry a context measured, in the order of the prompts.
        prompts: how many contexts were asked for; fewer were measured if the study was stopped.
    """

    plan: StudyPlan
    contexts: tuple[ContextFigures, ...]
    prompts: int

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every combination of threshold, rule and depth."""
        return tuple(
            Cell(rule.name, threshold, depth)
            for threshold in self.plan.thresholds
            for rule in self.plan.rules
            for depth in self.plan.depths
        )

    @cached_property
    def estimates(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell: the mean of every metric and every paired difference, with its interval."""
        return {cell: self._estimated(cell) for cell in self.cells}

    def left_out(self, threshold: float, depth: int) -> tuple[ContextFigures, ...]:
        """Return the contexts whose enumeration would have passed the budget."""
        return tuple(context for context in self.contexts if _overruns(context, threshold, depth))

    def _estimated(self, cell: Cell) -> dict[str, Estimate]:
        first = Cell(self.plan.rules[0].name, cell.threshold, cell.depth)
        rows = [
            _row(context.figures[cell], context.figures[first])
            for context in self.contexts
            if cell in context.figures
        ]
        columns: dict[str, list[float]] = {
            name: [row[name] for row in rows] for name in (*METRICS, *DIFFERENCES)
        }
        return estimates(columns, self.plan.seed)


def _row(figures: Figures, first: Figures) -> dict[str, float]:
    row: dict[str, float] = {name: getattr(figures, name) for name in METRICS}
    differences: Sequence[float] = (
        figures.kl - figures.beam_kl,
        figures.kl - figures.single_kl,
        figures.kl - first.kl,
        figures.tv - first.tv,
    )
    return row | dict(zip(DIFFERENCES, differences, strict=True))


def _overruns(context: ContextFigures, threshold: float, depth: int) -> list[Overrun]:
    return [
        over
        for over in context.overruns
        if (over.cell.threshold, over.cell.depth) == (threshold, depth)
    ]

"""What a comparison found: means, paired differences and frontiers by method and setting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.figures import METRICS
from tempo.application.studies.intervals import estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.figures import AskedPrompt, Cell, Figures
    from tempo.application.studies.intervals import Estimate


@dataclass(frozen=True, slots=True)
class MeasuringPlan:
    """How outcomes are measured.

    Attributes:
        reference: the method that the others are held against, one of those compared.
        seed: of the resamples.
        whole_answers: whether a text has to be a reference, and not only to begin with it.
    """

    reference: str
    seed: int = 42
    whole_answers: bool = False


@dataclass(frozen=True, eq=False)
class ComparisonReport:
    """The figures of a comparison and what they say together.

    Attributes:
        plan: how they were measured.
        prompts: in the order of the figures.
        figures: by method and setting, one entry a prompt.
        grader: the second model's name, None without one.
        calibrations: by name, what forecasts were held against draws.
    """

    plan: MeasuringPlan
    prompts: tuple[AskedPrompt, ...]
    figures: Mapping[Cell, tuple[Figures, ...]]
    grader: str | None
    calibrations: Mapping[str, Calibration]

    @cached_property
    def estimates(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell: the mean of every metric over the prompts, with its interval."""
        return {
            cell: estimates(
                {name: [getattr(one, name) for one in rows] for name in METRICS}, self.plan.seed
            )
            for cell, rows in self.figures.items()
        }

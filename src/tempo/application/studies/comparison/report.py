"""What a comparison found: means, paired differences and frontiers by method and setting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.figures import COSTS, METRICS, QUALITIES, Cell
from tempo.application.studies.comparison.frontier import frontier
from tempo.application.studies.comparison.statistics import contrasts
from tempo.application.studies.intervals import estimates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.figures import AskedPrompt, Figures, Setting
    from tempo.application.studies.comparison.frontier import Point
    from tempo.application.studies.comparison.statistics import Contrast
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


@dataclass(frozen=True, slots=True)
class Plane:
    """One quality against one cost, at one setting."""

    setting: Setting
    quality: str
    cost: str


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

    @property
    def settings(self) -> tuple[Setting, ...]:
        """Every setting, in the order of the figures."""
        return tuple(dict.fromkeys(cell.setting for cell in self.figures))

    def methods(self, setting: Setting) -> tuple[str, ...]:
        """Return the methods that were run at a setting, in the order of the figures."""
        return tuple(cell.method for cell in self.figures if cell.setting == setting)

    def samples(self, setting: Setting, metric: str) -> dict[str, list[float]]:
        """Return, by method, one metric's figures at a setting, one a prompt."""
        return {
            cell.method: [getattr(one, metric) for one in rows]
            for cell, rows in self.figures.items()
            if cell.setting == setting
        }

    @cached_property
    def estimates(self) -> dict[Cell, dict[str, Estimate]]:
        """By cell: the mean of every metric over the prompts, with its interval."""
        return {
            cell: estimates(
                {name: [getattr(one, name) for one in rows] for name in METRICS}, self.plan.seed
            )
            for cell, rows in self.figures.items()
        }

    @cached_property
    def contrasts(self) -> dict[Cell, dict[str, Contrast]]:
        """By cell but the reference's: every metric's paired difference to the reference."""
        found: dict[Cell, dict[str, Contrast]] = {}
        for setting in self.settings:
            for metric in METRICS:
                held = contrasts(self.samples(setting, metric), self.plan.reference, self.plan.seed)
                for method, contrast in held.items():
                    found.setdefault(Cell(method, setting), {})[metric] = contrast
        return found

    @cached_property
    def frontiers(self) -> dict[Plane, tuple[Point, ...]]:
        """Every method's place, by plane; planes whose quality is nowhere defined are left out."""
        found = {
            Plane(setting, quality, cost): frontier(
                self.samples(setting, cost), self.samples(setting, quality), self.plan.seed
            )
            for setting in self.settings
            for quality in QUALITIES
            for cost in COSTS
        }
        return {plane: points for plane, points in found.items() if points}

    def is_defined(self, setting: Setting, metric: str) -> bool:
        """Whether a metric has a value for any method at a setting."""
        samples = self.samples(setting, metric).values()
        return any(not math.isnan(value) for sample in samples for value in sample)

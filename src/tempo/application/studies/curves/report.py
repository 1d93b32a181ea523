"""What a study of curves found: means with intervals at every place, and tests of differences."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.comparison.statistics import holm, sign_flip
from tempo.application.studies.curves.cells import Cell
from tempo.application.studies.intervals import Estimate, estimates

if TYPE_CHECKING:
    from tempo.application.studies.curves.cells import Contrast, Layout, PromptFigures, Quantity
    from tempo.domain.proposal import FloatArray

NOTHING = Estimate(math.nan, math.nan, math.nan, 0)


@dataclass(frozen=True, slots=True)
class Tested:
    """A contrast at a place.

    Attributes:
        quantity: what was measured.
        contrast: which series.
        place: where.
        difference: the paired mean difference and its 95 % interval.
        p: by random sign flips over the prompts, two-sided.
        corrected: the same after Holm's correction over all tests of the quantity.
    """

    quantity: str
    contrast: Contrast
    place: float
    difference: Estimate
    p: float
    corrected: float


@dataclass(frozen=True, eq=False)
class CurveReport:
    """The figures of a study's prompts and what they say together.

    Attributes:
        layout: what is shown.
        found: one entry a prompt measured.
        prompts: how many were to be measured; fewer were if the study was stopped.
        seed: of the resamples and the sign flips.
    """

    layout: Layout
    found: tuple[PromptFigures, ...]
    prompts: int
    seed: int = 42

    def series(self, quantity: Quantity) -> tuple[str, ...]:
        """Return the series of a quantity, in the order in which they were measured."""
        cells = (cell for one in self.found for cell in one.figures)
        return tuple(dict.fromkeys(c.series for c in cells if c.quantity == quantity.name))

    def places(self, quantity: Quantity) -> tuple[float, ...]:
        """Return the places of a quantity, in order."""
        cells = (cell for one in self.found for cell in one.figures)
        return tuple(sorted({cell.place for cell in cells if cell.quantity == quantity.name}))

    def estimate(self, quantity: Quantity, series: str, place: float) -> Estimate:
        """Return the mean over prompts at a place, with its interval; NaN where there is none."""
        return self.estimates.get(Cell(quantity.name, series, place), NOTHING)

    @cached_property
    def estimates(self) -> dict[Cell, Estimate]:
        """The mean of every cell over the prompts that have it."""
        return {
            cell: estimate
            for quantity in self.layout.quantities
            for cell, estimate in self._estimated(quantity).items()
        }

    @cached_property
    def tests(self) -> tuple[Tested, ...]:
        """All contrasts at all places where some prompt has both series."""
        return tuple(
            tested for quantity in self.layout.quantities for tested in self._tested(quantity)
        )

    def _estimated(self, quantity: Quantity) -> dict[Cell, Estimate]:
        cells = [
            Cell(quantity.name, series, place)
            for series in self.series(quantity)
            for place in self.places(quantity)
        ]
        named = {str(number): self._sample(cell) for number, cell in enumerate(cells)}
        found = estimates({name: sample.tolist() for name, sample in named.items()}, self.seed)
        return {cells[int(name)]: one for name, one in found.items() if one.contexts}

    def _sample(self, cell: Cell) -> FloatArray:
        return np.array([one.figures.get(cell, math.nan) for one in self.found])

    def _tested(self, quantity: Quantity) -> list[Tested]:
        asked = [
            (contrast, place, self._differences(quantity, contrast, place))
            for contrast in quantity.contrasts
            for place in self.places(quantity)
        ]
        asked = [one for one in asked if not np.isnan(one[2]).all()]
        if not asked:
            return []
        samples = {str(number): one[2].tolist() for number, one in enumerate(asked)}
        means = list(estimates(samples, self.seed).values())
        chances = sign_flip(np.stack([one[2] for one in asked]), self.seed)
        return [
            Tested(quantity.name, contrast, place, mean, p, corrected)
            for (contrast, place, _), mean, p, corrected in zip(
                asked, means, chances, holm(chances), strict=True
            )
        ]

    def _differences(self, quantity: Quantity, contrast: Contrast, place: float) -> FloatArray:
        one = self._sample(Cell(quantity.name, contrast.one, place))
        if not contrast.other:
            return one - contrast.level
        return one - self._sample(Cell(quantity.name, contrast.other, place)) - contrast.level

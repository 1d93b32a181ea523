"""The steps of a run along the bottom of a picture, many of them binned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from tempo.application.records.run_view import RunView

WIDTH = 7.0
"""Inches of a picture: a page's text width, so that fonts keep their size in print."""

MOST = 600
"""Columns at most."""

SINGLE = 60
"""Up to so many steps each has marks of its own."""

GONE = "#ececec"


@dataclass(frozen=True, slots=True)
class StepBins:
    """Columns of as many steps each, the last perhaps of fewer.

    Attributes:
        first: number of the first step.
        end: one more than the last step's number.
        most: columns at most.
    """

    first: int
    end: int
    most: int = MOST

    @classmethod
    def of(cls, views: Sequence[RunView]) -> StepBins:
        """Return columns for all steps of some runs."""
        return cls(min(view.first for view in views), max(view.end for view in views))

    @property
    def size(self) -> int:
        """Steps in a column."""
        return math.ceil((self.end - self.first) / self.most)

    @property
    def starts(self) -> tuple[int, ...]:
        """The first step of each column."""
        return tuple(range(self.first, self.end, self.size))

    @property
    def edges(self) -> list[float]:
        """Where columns begin, and the last one ends."""
        return [start - 0.5 for start in (*self.starts, self.end)]

    @property
    def centres(self) -> list[float]:
        """The middle of each column."""
        return [(low + high) / 2 for low, high in pairwise(self.edges)]

    @property
    def told(self) -> str:
        """What a column is, where it is more than a step."""
        return "" if self.size == 1 else f" (means of {self.size} steps)"

    def means(self, values: Iterable[tuple[int, float | None]]) -> list[float]:
        """Return each column's mean over (step, value), NaN where it has none."""
        totals, counts = np.zeros(len(self.starts)), np.zeros(len(self.starts))
        for step, value in values:
            if value is not None:
                column = (step - self.first) // self.size
                totals[column] += value
                counts[column] += 1
        with np.errstate(invalid="ignore"):
            found: list[float] = (totals / counts).tolist()
        return found


def finish_steps(axes: Axes, bins: StepBins, *, named: bool = True) -> None:
    """Set the axis of steps, and leave away what says nothing."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - optional

    axes.set_xlim(bins.first - 0.6, bins.end - 0.4)
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", integer=True, min_n_ticks=1))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, labelbottom=named)
    if named:
        axes.set_xlabel(f"step{bins.told}", fontsize=9)


def draw_removed(axes: Axes, view: RunView, bins: StepBins) -> None:
    """Draw a band where steps were removed as a whole."""
    if bins.size > 1:
        return
    for place, number in enumerate(view.removed):
        axes.axvspan(
            number - 0.5,
            number + 0.5,
            color=GONE,
            linewidth=0,
            zorder=0,
            label="step removed" if not place else None,
        )

"""Token sets before and after pruning, a column a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.step_axis import WIDTH, StepBins, draw_removed, finish_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView

PARTS = (
    ("seen", "kept", "#0072b2", ""),
    ("unseen", "kept, but unseen by later tokens", "#56b4e9", ""),
    ("finished", "kept, and ends there", "#009e73", ""),
    ("pruned", "pruned", "#e69f00", "////"),
    ("cut", "over the width cap", "#cccccc", ""),
)
"""What a column is made of from the bottom: field, name, colour, hatch."""


def plot_sets(view: RunView) -> Figure:
    """Draw what stands after pruning at the bottom, and on top of it what was there before."""
    figure = new_figure(WIDTH, 3.2)
    axes = figure.subplots()
    bins, figures = StepBins.of([view]), view.figures
    draw_removed(axes, view, bins)
    floor = np.zeros(len(bins.starts))
    for field, name, colour, hatch in PARTS:
        if not any(getattr(one, field) for one in figures):
            continue
        found = bins.means((one.step, getattr(one, field)) for one in figures)
        heights = np.nan_to_num(found)
        axes.bar(
            bins.centres,
            heights,
            width=np.diff(bins.edges) * (0.8 if len(bins.starts) <= MOST_APART else 1.0),
            bottom=floor,
            color=colour,
            edgecolor="white" if hatch and len(bins.starts) <= MOST_APART else colour,
            linewidth=0,
            hatch=hatch,
            label=name,
        )
        floor = floor + heights
    axes.set_ylim(0, max(1.0, 1.05 * float(floor.max())))
    axes.locator_params(axis="y", integer=True)
    axes.set_ylabel("tokens", fontsize=9)
    finish_steps(axes, bins)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


MOST_APART = 120
"""Up to so many columns stand apart."""

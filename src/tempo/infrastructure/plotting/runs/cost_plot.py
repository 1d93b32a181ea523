"""What a run cost in rows of the model, as far as its document tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.step_axis import WIDTH, StepBins, finish_steps

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView


def plot_cost(view: RunView) -> Figure:
    """Draw rows summed over the steps, between one sequence and as many as the widest set."""
    figure = new_figure(WIDTH, 3.4)
    axes = figure.subplots()
    fed, kept = np.cumsum(view.rows_fed), np.cumsum(view.rows_kept)
    steps = np.arange(view.first, view.end)
    count = 1 + np.arange(len(steps))
    widest = max(view.rows_fed)
    lines = [
        (f"{widest} separate sequences", widest * count, "#999999", "--"),
        ("tokens fed to the model", fed, "#d55e00", "-"),
        ("tokens that stayed", kept, "#0072b2", "-"),
        ("one sequence", count, "#000000", ":"),
    ]
    for name, values, colour, dashes in lines:
        if values is fed and bool(np.all(fed == kept)):
            continue
        chosen = np.unique(np.linspace(0, len(steps) - 1, 400).astype(int))
        axes.plot(
            steps[chosen],
            values[chosen],
            color=colour,
            linestyle=dashes,
            linewidth=1.4,
            marker="." if len(steps) == 1 else "",
            label=f"{name}: {int(values[-1]):,}",
        )
    axes.set_ylim(bottom=0)
    axes.set_ylabel("token rows so far", fontsize=9)
    finish_steps(axes, StepBins(view.first, view.end, most=10**9))
    axes.legend(loc="upper left", frameon=False, fontsize=8)
    return figure

"""Probabilities and entropy of a run, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.tokens import CandidateState
from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.step_axis import (
    SINGLE,
    WIDTH,
    StepBins,
    draw_removed,
    finish_steps,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView

BEST, KEPT, MASS, LOST = "#0072b2", "#56b4e9", "#009e73", "#d55e00"
"""Of Okabe and Ito."""


def plot_entropy(view: RunView) -> Figure:
    """Draw the probability of what is kept and shown above, the readout's entropy below."""
    figure = new_figure(WIDTH, 4.4)
    above, below = figure.subplots(2, 1, height_ratios=(3, 2))
    bins, figures = StepBins.of([view]), view.figures
    marker = "." if len(bins.starts) <= SINGLE else ""
    for axes in (above, below):
        draw_removed(axes, view, bins)
    if len(bins.starts) <= SINGLE:
        _draw_candidates(above, view)
    for name, colour, values in (
        ("all that is kept, together", MASS, [(one.step, one.kept_mass) for one in figures]),
        ("token of the best path", BEST, [(one.step, one.shown) for one in figures]),
    ):
        drawn = bins.means(values)
        above.plot(bins.centres, drawn, color=colour, marker=marker, linewidth=1.0, label=name)
    above.set_ylim(-0.02, 1.05)
    above.set_ylabel("probability", fontsize=9)
    finish_steps(above, bins, named=False)
    drawn = bins.means((one.step, one.entropy) for one in figures)
    below.plot(bins.centres, drawn, color="black", marker=marker, linewidth=1.0)
    below.set_ylim(bottom=0)
    below.set_ylabel("entropy, nats", fontsize=9)
    finish_steps(below, bins)
    handles, labels = above.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
    return figure


def _draw_candidates(axes: Axes, view: RunView) -> None:
    """Draw every candidate by its probability, those that did not stay hollow."""
    found = [(placed.step.step, one) for placed in view.placed for one in placed.step.candidates]
    kept = [(step, one.probability) for step, one in found if one.state.is_member]
    lost = [(step, one.probability) for step, one in found if one.state is CandidateState.PRUNED]
    for points, marker, colour, name in (
        (kept, ".", KEPT, "kept token"),
        (lost, "x", LOST, "pruned token"),
    ):
        if points:
            axes.plot(
                [step for step, _ in points],
                [probability for _, probability in points],
                linestyle="none",
                marker=marker,
                markersize=4.5,
                color=colour,
                label=name,
            )

"""The threshold that was set, and what came of it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.infrastructure.plotting.comparison_style import SEVERAL_DECADES, new_figure
from tempo.infrastructure.plotting.runs.step_axis import (
    SINGLE,
    WIDTH,
    StepBins,
    draw_removed,
    finish_steps,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView, StepFigures

APPLIED, SET, PASSED, REFUSED = "#000000", "#cc79a7", "#0072b2", "#d55e00"

LOWEST = 1e-6
"""What is less probable than this stands here."""


def plot_threshold(view: RunView) -> Figure:
    """Draw the threshold beside the least probable token that reached it, and the next one."""
    figure = new_figure(WIDTH, 3.6)
    axes = figure.subplots()
    bins, figures = StepBins.of([view]), view.figures
    draw_removed(axes, view, bins)
    _draw_observed(axes, bins, figures)
    applied = bins.means((one.step, one.threshold or None) for one in figures)
    axes.stairs(applied, bins.edges, baseline=None, color=APPLIED, linewidth=1.2, label="threshold")
    _draw_schedule(axes, bins, view)
    _finish_probabilities(axes)
    axes.set_ylabel("probability", fontsize=9)
    finish_steps(axes, bins)
    figure.legend(loc="outside lower center", ncols=2, frameon=False, fontsize=8)
    return figure


def _finish_probabilities(axes: Axes) -> None:
    """Name few probabilities on a logarithmic axis, as plain numbers."""
    from matplotlib.ticker import LogLocator, NullLocator  # noqa: PLC0415 - optional

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    axes.set_ylim(low, min(high, 1.3))
    fine = high < SEVERAL_DECADES * low
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if fine else (1.0,)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g}")


def _draw_observed(axes: Axes, bins: StepBins, figures: Sequence[StepFigures]) -> None:
    passed = bins.means((one.step, max(LOWEST, one.least_passed)) for one in figures)
    refused = bins.means(
        (one.step, None if one.most_refused is None else max(LOWEST, one.most_refused))
        for one in figures
    )
    many = len(bins.starts) > SINGLE
    for values, colour, marker, name in (
        (passed, PASSED, "^", "least probable token that passed"),
        (refused, REFUSED, "v", "most probable token that did not"),
    ):
        axes.plot(
            bins.centres,
            values,
            color=colour,
            linestyle="-" if many else "none",
            linewidth=0.8,
            marker="" if many else marker,
            markersize=4.5,
            label=name,
        )


def _draw_schedule(axes: Axes, bins: StepBins, view: RunView) -> None:
    """Draw what the setting asked for, where that is not the threshold itself."""
    preview = view.schedule
    if preview is None:
        return
    wanted = [
        (one.step, preview.schedule.at(one.step, preview.steps), one.threshold)
        for one in view.figures
    ]
    if all(math.isclose(value, used, abs_tol=1e-9) for _, value, used in wanted):
        return
    values = bins.means((step, value or None) for step, value, _ in wanted)
    axes.plot(
        bins.centres,
        values,
        color=SET,
        linestyle="--",
        linewidth=1.2,
        label="setting: a share of the leading token",
    )

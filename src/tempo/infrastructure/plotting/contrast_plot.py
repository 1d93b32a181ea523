"""Methods against the reference, and forecasts against what happened, as pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.figures import Cell
from tempo.application.studies.comparison.wording import LABELS
from tempo.infrastructure.plotting.comparison_style import (
    bars,
    methods_of,
    new_figure,
    style,
    tidy,
)
from tempo.infrastructure.plotting.fidelity_plot import GREY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.figures import Setting
    from tempo.application.studies.comparison.report import ComparisonReport

MARGIN = 0.03
"""Marks of what is certain stand clear of the frame."""

SIGNIFICANT = 0.05
"""A p-value after Holm's correction below this fills a method's mark."""


def plot_differences(report: ComparisonReport, setting: Setting, metrics: Sequence[str]) -> Figure:
    """Draw paired differences to the reference with their 95 % intervals, a panel a metric.

    A filled point differs at 0.05 after Holm's correction.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    methods = [name for name in report.methods(setting) if name != report.plan.reference]
    figure = new_figure(2.4 + 3.1 * len(metrics), 1.2 + 0.26 * len(methods))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        for place, method in enumerate(methods):
            _draw_difference(axes, report, (Cell(method, setting), metric), place)
        axes.axvline(0.0, color=GREY, linewidth=0.8, zorder=1)
        axes.set_title(LABELS[metric].title, fontsize=9)
        axes.set_xlabel(f"difference to {report.plan.reference}", fontsize=8)
        tidy(axes, "both")
    panels[0].set_yticks(range(len(methods)), methods)
    panels[0].invert_yaxis()
    return figure


def _draw_difference(
    axes: Axes, report: ComparisonReport, figure: tuple[Cell, str], place: int
) -> None:
    cell, metric = figure
    contrast, label = report.contrasts[cell][metric], LABELS[metric]
    if math.isnan(contrast.difference.value):
        return
    axes.errorbar(
        [label.scale * contrast.difference.value],
        [place],
        xerr=bars([contrast.difference], label),
        **style(methods_of(report).index(cell.method), filled=contrast.adjusted < SIGNIFICANT),
    )


def plot_calibration(found: Calibration) -> Figure:
    """Draw how often forecasts came true by their probability, and how many trials there were.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    figure = new_figure(4.4, 5.6)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    held = [one for one in found.bins if one.trials]
    upper.plot([0, 1], [0, 1], "--", color=GREY, linewidth=1.0, label="as often as forecast")
    observed = [one.observed for one in held]
    upper.errorbar(
        [one.predicted for one in held],
        [one.value for one in observed],
        yerr=bars(observed, LABELS["coverage"]),
        linestyle="none",
        label="draws, with 95 % intervals",
        **style(0),
    )
    upper.set_ylabel("observed share of trials", fontsize=8)
    upper.legend(frameon=False, fontsize=8)
    lower.bar(
        [one.low for one in held],
        [one.trials for one in held],
        width=1 / len(found.bins),
        align="edge",
        color=GREY,
        edgecolor="white",
    )
    lower.set_yscale("log")
    lower.set_ylabel("trials", fontsize=8)
    lower.set_xlabel("forecast probability", fontsize=8)
    for axes in (upper, lower):
        axes.set_xlim(-MARGIN, 1.0 + MARGIN)
        tidy(axes, "both")
    upper.set_ylim(-MARGIN, 1.0 + MARGIN)
    return figure

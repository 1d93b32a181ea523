"""A comparison as pictures: quality against cost, and quality by texts asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.figures import COSTS, Cell, Setting
from tempo.application.studies.comparison.report import Plane
from tempo.application.studies.comparison.wording import LABELS, setting_title
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.comparison_style import (
    bars,
    count_in_ones_twos_and_fives,
    legend,
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

    from tempo.application.studies.comparison.report import ComparisonReport

QUALITY = "best_log_probability"

LARGE = 10.0
"""Costs are drawn on a logarithmic axis where the dearest is so many times the cheapest."""

BELOW = 1.0
"""So many times the spread of what is on a frontier is shown below it."""

SPREAD = 0.6
"""Points of one count stand side by side within this share of the distance to the next."""


def plot_comparison(
    report: ComparisonReport, quality: str = QUALITY, settings: Sequence[Setting] = ()
) -> Figure:
    """Draw one quality against each cost, a row a setting: all, or those given.

    A filled point is on the frontier, which the line follows; bars are 95 % intervals. The axis
    reaches a little below the frontier: a hollow point with an arrow is further down.

    Raises:
        InvalidValueError: if matplotlib is not installed, or the quality is nowhere defined.
    """
    rows = [one for one in settings or report.settings if report.is_defined(one, quality)]
    if not rows:
        message = f"{quality} is nowhere defined; give references or a grader, or plot another"
        raise InvalidValueError(message)
    figure = new_figure(1.2 + 2.3 * len(COSTS), 1.1 + 2.9 * len(rows))
    panels = figure.subplots(len(rows), len(COSTS), sharey="row", squeeze=False)
    for line, setting in zip(panels, rows, strict=True):
        for axes, cost in zip(line, COSTS, strict=True):
            _draw_frontier(axes, report, Plane(setting, quality, cost))
        line[0].set_ylabel(LABELS[quality].title, fontsize=8)
        line[0].set_title(setting_title(setting), fontsize=9, loc="left")
    legend(figure, methods_of(report))
    return figure


def _draw_frontier(axes: Axes, report: ComparisonReport, plane: Plane) -> None:
    cost, quality = LABELS[plane.cost], LABELS[plane.quality]
    methods, points = methods_of(report), report.frontiers[plane]
    best = [point for point in points if point.on_frontier]
    lowest = _lowest(report, plane.setting, plane.quality)
    for point in points:
        named = report.estimates[Cell(point.method, plane.setting)]
        shown = point.quality >= lowest
        axes.errorbar(
            [cost.scale * point.cost],
            [quality.scale * max(point.quality, lowest)],
            xerr=bars([named[plane.cost]], cost),
            yerr=bars([named[plane.quality]], quality) if shown else None,
            linestyle="none",
            **style(methods.index(point.method), filled=point.on_frontier, cap=0),
        )
        if not shown:
            axes.annotate(
                "\N{DOWNWARDS ARROW}",
                (cost.scale * point.cost, quality.scale * lowest),
                xytext=(0, -12),
                textcoords="offset points",
                horizontalalignment="center",
                fontsize=8,
                color=style(methods.index(point.method))["color"],
            )
    axes.step(
        [cost.scale * point.cost for point in best],
        [quality.scale * point.quality for point in best],
        where="post",
        color=GREY,
        linewidth=1.0,
        zorder=1,
    )
    paid = [point.cost for point in points]
    if min(paid) > 0 and max(paid) > LARGE * min(paid):
        axes.set_xscale("log")
        count_in_ones_twos_and_fives(axes)
    axes.set_xlabel(cost.title, fontsize=8)
    tidy(axes, "both")


def _lowest(report: ComparisonReport, setting: Setting, quality: str) -> float:
    """Return where the axis ends: below the reference and all that is on a frontier of the row."""
    points = [
        point
        for cost in COSTS
        for point in report.frontiers[Plane(setting, quality, cost)]
        if point.on_frontier or point.method == report.plan.reference
    ]
    values = [point.quality for point in points]
    spread = max(values) - min(values)
    return min(values) - BELOW * spread if spread > 0 else -math.inf


def plot_counts(report: ComparisonReport, metric: str = QUALITY) -> Figure:
    """Draw a metric by the number of texts asked for, a panel a limit of tokens.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    limits = sorted({setting.max_steps for setting in report.settings})
    figure = new_figure(1.6 + 4.2 * len(limits), 5.2)
    panels = figure.subplots(1, len(limits), sharey=True, squeeze=False)[0]
    for axes, limit in zip(panels, limits, strict=True):
        counts = sorted({one.count for one in report.settings if one.max_steps == limit})
        _draw_counts(axes, report, metric, [Setting(count, limit) for count in counts])
        axes.set_title(f"at most {limit} tokens", fontsize=9)
    panels[0].set_ylabel(LABELS[metric].title, fontsize=8)
    legend(figure, methods_of(report))
    return figure


def _draw_counts(
    axes: Axes, report: ComparisonReport, metric: str, settings: Sequence[Setting]
) -> None:
    label, methods = LABELS[metric], methods_of(report)
    for number, method in enumerate(methods):
        aside = SPREAD * ((number + 0.5) / len(methods) - 0.5)
        found = [
            (place + aside, report.estimates[cell][metric])
            for place, setting in enumerate(settings)
            for cell in (Cell(method, setting),)
            if cell in report.figures and not math.isnan(report.estimates[cell][metric].value)
        ]
        means = [mean for _, mean in found]
        axes.errorbar(
            [place for place, _ in found],
            [label.scale * mean.value for mean in means],
            yerr=bars(means, label),
            linewidth=0.8,
            **style(number),
        )
    axes.set_xticks(range(len(settings)), [str(setting.count) for setting in settings])
    axes.set_xlabel("texts asked for", fontsize=8)
    tidy(axes, "y")

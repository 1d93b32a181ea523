"""A fidelity study as a picture: divergence by depth, one panel a threshold, one line a rule."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.figures import Cell
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.fidelity.report import FidelityReport
    from tempo.application.studies.intervals import Estimate

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8c6d31")
"""Colour-blind safe (Okabe and Ito; ochre in place of their yellow, which paper swallows)."""

MARKERS = "osD^vPX*<>"
GREY = "#777777"
SPREAD = 0.5
"""Lines of one depth stand side by side within this share of the distance to the next."""

LINEAR_BELOW = 1e-3
"""The axis is logarithmic above this, and reaches 0."""


def plot_fidelity(report: FidelityReport) -> Figure:
    """Draw mean KL with its 95 % interval; grey lines are the first rule's two baselines.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    thresholds = report.plan.thresholds
    figure = Figure(figsize=(1.2 + 3.4 * len(thresholds), 4.6), layout="constrained")
    panels = figure.subplots(1, len(thresholds), sharey=True, squeeze=False)[0]
    for axes, threshold in zip(panels, thresholds, strict=True):
        _draw_panel(axes, report, threshold)
    panels[0].set_ylabel("KL(exact || readout), nats")
    handles, labels = panels[0].get_legend_handles_labels()
    columns = max(1, min(3, len(thresholds) + 1))
    figure.legend(
        handles, labels, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
    )
    return figure


def _draw_panel(axes: Axes, report: FidelityReport, threshold: float) -> None:
    depths, rules = report.plan.depths, report.plan.rules
    for number, rule in enumerate(rules):
        means = [report.estimates[Cell(rule.name, threshold, depth)]["kl"] for depth in depths]
        aside = SPREAD * ((number + 0.5) / len(rules) - 0.5)
        _draw_line(axes, [depth + aside for depth in depths], means, rule.name, number)
    first = [report.estimates[Cell(rules[0].name, threshold, depth)] for depth in depths]
    for metric, dashes, label in (
        ("beam_kl", "--", "exact beam in the first rule's sets, same rows"),
        ("single_kl", ":", "single greedy path in them"),
    ):
        values = [named[metric].value for named in first]
        axes.plot(depths, values, dashes, color=GREY, linewidth=1.2, label=label, zorder=1)
    axes.set_yscale("symlog", linthresh=LINEAR_BELOW)
    axes.set_ylim(bottom=0)
    axes.set_xticks(depths)
    axes.set_xlabel("depth (token sets fed)")
    axes.set_title(f"threshold {threshold:g}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)


def _draw_line(
    axes: Axes, places: Sequence[float], means: Sequence[Estimate], label: str, number: int
) -> None:
    drawn = [
        (place, mean)
        for place, mean in zip(places, means, strict=True)
        if math.isfinite(mean.value)
    ]
    axes.errorbar(
        [place for place, _ in drawn],
        [mean.value for _, mean in drawn],
        yerr=(
            [max(0.0, mean.value - mean.low) for _, mean in drawn],
            [max(0.0, mean.high - mean.value) for _, mean in drawn],
        ),
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        markersize=4,
        linewidth=1.2,
        elinewidth=0.8,
        capsize=2,
        label=label,
        zorder=2,
    )

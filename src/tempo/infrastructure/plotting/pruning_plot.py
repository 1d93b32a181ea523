"""A study of pruning as a picture: who finds the truly best, and what pruned texts cost."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.pruning.findings import SEVERAL, Cell
from tempo.application.studies.pruning.report import MINUS_NONE
from tempo.application.studies.pruning.scores import CHANCE, SCORES
from tempo.application.studies.pruning.variants import STRENGTHS
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.retroactive import LAG
from tempo.infrastructure.plotting.fidelity_plot import COLOURS, GREY, MARKERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.intervals import Estimate
    from tempo.application.studies.pruning.report import PruningReport

SPREAD = 0.7
"""Points of one superposition stand side by side within this share of the distance to the next."""


def plot_pruning(report: PruningReport) -> Figure:
    """Draw means with their 95 % intervals, at the default lag if it was judged, else the least.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    superpositions = report.plan.texts.superpositions if report.plan.variants else ()
    panels = 1 + len(superpositions)
    figure = Figure(figsize=(2.2 + 3.6 * panels, 4.6), layout="constrained")
    axes = figure.subplots(1, panels, squeeze=False)[0]
    _draw_scores(axes[0], report)
    for place, superposition in zip(axes[1:], superpositions, strict=True):
        _draw_texts(place, report, superposition)
    return figure


def _draw_scores(axes: Axes, report: PruningReport) -> None:
    lag = LAG if LAG in report.plan.lags else report.plan.lags[0]
    rules = [rule.name for rule in report.plan.rules]
    scores = [score for score in SCORES if score != CHANCE]
    for number, score in enumerate(scores):
        aside = SPREAD * ((number + 0.5) / len(scores) - 0.5)
        means = [report.rankings[Cell(rule, lag, SEVERAL, score)]["best"] for rule in rules]
        _draw_points(axes, [place + aside for place in range(len(rules))], means, score, number)
    chance = [report.rankings[Cell(rule, lag, SEVERAL, CHANCE)]["best"].value for rule in rules]
    for place, value in enumerate(chance):
        sides = place - SPREAD / 2, place + SPREAD / 2
        axes.hlines(value, *sides, color=GREY, label="" if place else CHANCE, zorder=1)
    axes.set_xticks(range(len(rules)), rules, fontsize=8)
    axes.set_ylim(0, 1.02)
    axes.set_ylabel("its best is the truly best (share of sets)")
    axes.set_title(f"sets of two or more, judged {lag} steps later", fontsize=9)
    _finish(axes)


def _draw_texts(axes: Axes, report: PruningReport, superposition: str) -> None:
    for number, strength in enumerate(STRENGTHS):
        named = next(
            found
            for variant, found in report.texts.items()
            if (variant.superposition, variant.strength) == (superposition, strength)
        )
        mean = named["log_probability" + MINUS_NONE]
        _draw_points(axes, [named["live_rows"].value], [mean], strength, number)
    axes.axhline(0, color=GREY, linewidth=0.8, zorder=1)
    axes.set_xlabel("live rows of the output, mean")
    axes.set_ylabel("log-probability per token, minus no pruning")
    axes.set_title(f"{superposition}, {report.plan.texts.steps} tokens", fontsize=9)
    _finish(axes)


def _draw_points(
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
        linestyle="none",
        elinewidth=0.8,
        capsize=2,
        label=label,
        zorder=2,
    )


def _finish(axes: Axes) -> None:
    below = (0.5, -0.14)
    axes.legend(frameon=False, fontsize=7, loc="upper center", bbox_to_anchor=below, ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)

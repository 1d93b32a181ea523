"""A consolidation study as a picture: a panel a measure, paired differences with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.consolidation.figures import Measure
from tempo.application.studies.consolidation.plan import FULL
from tempo.application.studies.consolidation.report import NO_EFFECT, verdict
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.consolidation.report import ConsolidationReport
    from tempo.application.studies.intervals import Estimate

PANELS = (
    (Measure.READING, "nll", "held-out passages:\nnats a token", True),
    (Measure.RECALL, "share", "planted facts:\nshare of the answer", False),
    (Measure.WRITING, "nll", "own texts: nats a token\nby the plain model", True),
)
"""The measure, its metric, its title, and whether less is better."""

WORSE, BETTER, NEITHER = "#d55e00", "#0072b2", "#777777"
LINEAR_BELOW = 0.01
"""The axes are logarithmic beyond this, on both sides of 0."""

ROW = 0.19
"""Inches for each variant."""


def plot_consolidation(report: ConsolidationReport) -> Figure:
    """Draw each variant less alpha = 0, over the same documents, with 95 % intervals.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    panels = [panel for panel in PANELS if panel[0].value in report.differences]
    names = _names(report)
    height = 1.7 + ROW * len(names)
    figure = Figure(figsize=(2.6 + 2.7 * max(1, len(panels)), height), layout="constrained")
    axes = figure.subplots(1, max(1, len(panels)), sharey=True, squeeze=False)[0]
    for one, (measure, metric, title, less_is_better) in zip(axes, panels, strict=False):
        _draw(one, _compared(report, measure, metric), names, less_is_better=less_is_better)
        one.set_title(title, fontsize=9)
        one.set_xlabel(f"less '{report.plan.eviction}', alpha = 0", fontsize=8)
    axes[0].set_yticks(range(len(names)), names, fontsize=8)
    axes[0].set_ylim(max(1, len(names)) - 0.5, -0.5)
    figure.suptitle(
        "paired differences with 95 % intervals; blue better, red worse, grey no effect", fontsize=9
    )
    return figure


def _names(report: ConsolidationReport) -> list[str]:
    """Return the variants that something holds against alpha = 0, in the plan's order."""
    held = {
        name
        for measure, metric, *_ in PANELS
        if measure.value in report.differences
        for name in _compared(report, measure, metric)
    }
    return [one.name for one in report.plan.variants if one.name in held]


def _compared(report: ConsolidationReport, measure: Measure, metric: str) -> dict[str, Estimate]:
    """Return, by variant, its difference to alpha = 0; that of the full context is turned round."""
    found = {}
    for comparison, named in report.differences[measure.value].items():
        if comparison.other == report.plan.eviction:
            found[comparison.one] = named[metric]
        if comparison == (report.plan.eviction, FULL):
            one = named[metric]
            found[FULL] = type(one)(-one.value, -one.high, -one.low, one.contexts)
    return found


def _draw(
    axes: Axes, found: dict[str, Estimate], names: list[str], *, less_is_better: bool
) -> None:
    for name, one in found.items():
        if verdict(one) == NO_EFFECT:
            colour = NEITHER
        else:
            colour = BETTER if (one.value < 0.0) == less_is_better else WORSE
        axes.errorbar(
            [one.value],
            [names.index(name)],
            xerr=([max(0.0, one.value - one.low)], [max(0.0, one.high - one.value)]),
            color=colour,
            marker="o",
            markersize=3.5,
            linewidth=0.9,
            capsize=2,
        )
    axes.axvline(0.0, color="black", linewidth=0.8)
    axes.set_xscale("symlog", linthresh=LINEAR_BELOW)
    axes.margins(x=0.08)
    axes.tick_params(axis="x", labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, color="#dddddd", linewidth=0.5)

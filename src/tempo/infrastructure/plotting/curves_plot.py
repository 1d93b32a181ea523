"""A study of curves as a picture: a panel for each quantity, a line for each series."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.fidelity_plot import COLOURS, GREY, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.curves.cells import Quantity
    from tempo.application.studies.curves.report import CurveReport

COLUMNS = 2
SPREAD = 0.3
"""How far apart the series of one place stand, as a share of the way to the next place."""


def plot_curves(report: CurveReport) -> Figure:
    """Draw means with 95 % intervals over the places of each quantity.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    drawn = [one for one in report.layout.quantities if report.places(one)]
    rows = math.ceil(len(drawn) / COLUMNS)
    figure = Figure(figsize=(7.4 * COLUMNS, 0.4 + 3.6 * rows), layout="constrained")
    panels = list(figure.subplots(rows, COLUMNS, squeeze=False).flat)
    for axes, quantity in zip(panels, drawn, strict=False):
        _draw(axes, report, quantity)
    for axes in panels[len(drawn) :]:
        axes.remove()
    return figure


def _draw(axes: Axes, report: CurveReport, quantity: Quantity) -> None:
    places, series = report.places(quantity), report.series(quantity)
    for number, name in enumerate(series):
        shift = SPREAD * (number / max(1, len(series) - 1) - 0.5) if len(series) > 1 else 0.0
        found = [
            (at + shift, report.estimate(quantity, name, place)) for at, place in enumerate(places)
        ]
        found = [(at, one) for at, one in found if math.isfinite(one.value)]
        axes.errorbar(
            [at for at, _ in found],
            [one.value for _, one in found],
            yerr=(
                [max(0.0, one.value - one.low) for _, one in found],
                [max(0.0, one.high - one.value) for _, one in found],
            ),
            color=COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4,
            linewidth=1.0,
            elinewidth=0.8,
            capsize=2,
            label=name,
        )
    if quantity.level is not None:
        axes.axhline(quantity.level, color=GREY, linestyle=":", linewidth=1.0)
    if quantity.logarithmic and any(
        report.estimate(quantity, name, place).value > 0.0 for name in series for place in places
    ):
        axes.set_yscale("log")
    axes.set_xticks(range(len(places)), [f"{place:g}" for place in places], fontsize=8)
    axes.set_xlabel(quantity.places, fontsize=9)
    axes.set_title(quantity.title, fontsize=9)
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))

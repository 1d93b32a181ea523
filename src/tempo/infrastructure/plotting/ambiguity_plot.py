"""An ambiguity study as a picture: injections across; KL, and the weights recovered, down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.ambiguity.figures import AT_THE_ANSWER, Cell
from tempo.application.studies.ambiguity.measuring import CONTROLS, HEAVIER, SHUFFLED
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.fidelity_plot import COLOURS, GREY, MARKERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.ambiguity.plan import Injection
    from tempo.application.studies.ambiguity.report import AmbiguityReport

LINEAR_BELOW = 1e-3
SPREAD = 0.5
HIDDEN = {"weight": (HEAVIER, SHUFFLED), "weight_error": (SHUFFLED,)}
"""Controls that a weight says nothing of."""


def plot_ambiguity(report: AmbiguityReport) -> Figure:
    """Draw means with 95 % intervals by depth: a column for each injection and weight.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    places = [(one, weight) for one in report.plan.injections for weight in report.plan.weights]
    figure = Figure(figsize=(1.0 + 2.6 * len(places), 9.2), layout="constrained")
    panels = figure.subplots(3, len(places), sharey="row", squeeze=False)
    for column, (injection, weight) in enumerate(places):
        above, middle, below = (row[column] for row in panels)
        _draw(above, report, (injection, weight), "kl")
        above.set_yscale("symlog", linthresh=LINEAR_BELOW)
        above.set_ylim(bottom=0)
        above.set_title(f"{injection.value}, {weight:g} and {1 - weight:g}", fontsize=9)
        _draw(middle, report, (injection, weight), "weight")
        _draw_exact(middle, report, (injection, weight))
        middle.set_ylim(-0.05, 1.1)
        _draw(below, report, (injection, weight), "weight_error")
        below.set_ylim(-0.02, 0.62)
        below.set_xlabel("injected sets", fontsize=8)
    panels[0][0].set_ylabel("KL(exact mixture || readout), nats")
    panels[1][0].set_ylabel("weight of the first run, recovered")
    panels[2][0].set_ylabel("its distance from the exact weight")
    named = dict[str, "Artist"]()
    for axes in (panels[0][0], panels[1][0]):
        named |= {
            label: handle for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
    figure.legend(
        list(named.values()),
        list(named),
        loc="outside lower center",
        ncols=5,
        frameon=False,
        fontsize=8,
    )
    return figure


def _draw(axes: Axes, report: AmbiguityReport, where: tuple[Injection, float], metric: str) -> None:
    injection, weight = where
    depths = report.depths(injection)
    hidden = HIDDEN.get(metric, ())
    for number, method in enumerate(report.methods):
        if method in hidden:
            continue
        shift = SPREAD * (number / max(1, len(report.methods) - 1) - 0.5)
        found = [
            (place + shift, report.estimates[Cell(injection.value, weight, method, depth)][metric])
            for place, depth in enumerate(depths)
        ]
        drawn = [(place, one) for place, one in found if math.isfinite(one.value)]
        axes.errorbar(
            [place for place, _ in drawn],
            [one.value for _, one in drawn],
            yerr=(
                [max(0.0, one.value - one.low) for _, one in drawn],
                [max(0.0, one.high - one.value) for _, one in drawn],
            ),
            color=GREY if method in CONTROLS[1:] else COLOURS[number % len(COLOURS)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=3.5,
            linewidth=0.8,
            elinewidth=0.7,
            linestyle="--" if method in CONTROLS else "-",
            capsize=1.5,
            label=method,
        )
    _finish(axes, depths)


def _draw_exact(axes: Axes, report: AmbiguityReport, where: tuple[Injection, float]) -> None:
    injection, weight = where
    depths = report.depths(injection)
    values = [
        report.estimates[Cell(injection.value, weight, report.methods[0], depth)]["exact_weight"]
        for depth in depths
    ]
    places = range(len(depths))
    axes.plot(places, [one.value for one in values], color="black", linewidth=1.2, label="exact")


def _finish(axes: Axes, depths: Sequence[int]) -> None:
    names = ["answer" if depth == AT_THE_ANSWER else str(depth) for depth in depths]
    axes.set_xticks(range(len(depths)), names, fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)

"""A study of early exit as a picture: speed by agreement, and where rows leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.early_exit.policies import Work
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.fidelity_plot import COLOURS, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.early_exit.policies import Policy
    from tempo.application.studies.early_exit.report import EarlyExitReport

TITLES = {
    Work.TEXT: "greedy text, all exit layers",
    Work.CHEAPEST: "greedy text, cheapest layers",
    Work.EACH: "sets, row by row",
    Work.SET: "sets, by the slowest",
}


def plot_early_exit(report: EarlyExitReport) -> Figure:
    """Draw speed against agreement with 95 % intervals, and the share of rows by exit layer.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    figure = Figure(figsize=(12.5, 5.2), layout="constrained")
    speeds, exits = figure.subplots(1, 2)
    live = [one for one in report.policies if one.exits]
    for one in live:
        _draw_speed(speeds, report, one)
    speeds.axhline(1.0, color="black", linewidth=0.9)
    speeds.annotate(
        "the full model", (1.0, 1.0), xycoords=("axes fraction", "data"),
        xytext=(-4, 3), textcoords="offset points", ha="right", fontsize=8,
    )  # fmt: skip
    _join_levels(speeds, report)
    levels = ", ".join(f"{level:g}" for level in report.plan.levels)
    speeds.set_xlabel(f"rows that say what the full model says; joined: calibrated to {levels}")
    speeds.set_ylabel("speed, the full model is 1")
    speeds.grid(axis="y", color="#dddddd", linewidth=0.6)
    _draw_exits(exits, report, live)
    for axes in (speeds, exits):
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
    if live:
        handles, labels = speeds.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=8
        )
    return figure


def _draw_speed(axes: Axes, report: EarlyExitReport, policy: Policy) -> None:
    figures = report.estimates[policy.name]
    agreement, speed = figures["agreement"], figures["speed"]
    first = policy.level == report.plan.levels[0]
    axes.errorbar(
        [agreement.value],
        [speed.value],
        xerr=([agreement.value - agreement.low], [agreement.high - agreement.value]),
        yerr=([speed.value - speed.low], [speed.high - speed.value]),
        color=COLOURS[report.plan.criteria.index(policy.criterion) % len(COLOURS)],
        marker=MARKERS[list(Work).index(policy.work) % len(MARKERS)],
        markersize=5,
        elinewidth=0.7,
        capsize=1.5,
        linestyle="none",
        label=f"{policy.criterion.value}: {TITLES[policy.work]}" if first else None,
    )


def _join_levels(axes: Axes, report: EarlyExitReport) -> None:
    """Join the points of one criterion on greedy text, from the lowest level to the highest."""
    for number, criterion in enumerate(report.plan.criteria):
        found = [
            report.estimates[one.name]
            for one in report.policies
            if one.exits and one.work is Work.TEXT and one.criterion is criterion
        ]
        axes.plot(
            [one["agreement"].value for one in found],
            [one["speed"].value for one in found],
            color=COLOURS[number % len(COLOURS)],
            linewidth=0.8,
            linestyle=":",
        )


def _draw_exits(axes: Axes, report: EarlyExitReport, live: list[Policy]) -> None:
    lowest = [one for one in live if one.level == report.plan.levels[0]]
    names = [f"{one.criterion.value}: {TITLES[one.work]}" for one in lowest]
    left = [0.0] * len(lowest)
    for layer in range(1, report.cost.depth + 1):
        shares = [report.exits(one)[layer - 1] for one in lowest]
        if not any(shares):
            continue
        # The deeper, the nearer to the grey of those that go all the way.
        shade = (
            LAST
            if layer == report.cost.depth
            else (0.35, 0.6, 0.85, 1.1 - layer / (1 + report.cost.depth))
        )
        axes.barh(
            range(len(lowest)), shares, left=left, height=0.7, edgecolor="white", color=[shade]
        )
        for place, (share, start) in enumerate(zip(shares, left, strict=True)):
            if share > LEGIBLE:
                axes.annotate(
                    str(layer), (start + share / 2, place), ha="center", va="center", fontsize=8
                )
        left = [start + share for start, share in zip(left, shares, strict=True)]
    axes.set_yticks(range(len(lowest)), names, fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    level = report.plan.levels[0]
    axes.set_xlabel(f"share of rows by the layer they leave after, calibrated to {level:g}")


LEGIBLE = 0.02
"""Share of a bar that its number fits into."""

LAST = (0.88, 0.88, 0.88, 1.0)
"""The colour of rows that go all the way."""

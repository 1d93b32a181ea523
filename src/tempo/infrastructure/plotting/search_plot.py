"""A study of search as a picture: success by rows, and what it is ahead of each method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.search.figures import Cell
from tempo.application.studies.search.plan import Method
from tempo.application.studies.search.report import AHEAD, SUCCESS
from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.fidelity_plot import COLOURS, GREY, MARKERS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.search.report import SearchStudyReport

SPREAD = 0.12


def plot_search(report: SearchStudyReport) -> Figure:
    """Draw means with 95 % intervals by rows.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    figure = Figure(figsize=(9.0, 4.2), layout="constrained")
    success, ahead = figure.subplots(1, 2)
    _draw(success, report, SUCCESS)
    success.set_ylim(-0.03, 1.03)
    success.set_ylabel(f"share of {len(report.items)} tasks with a text as asked", fontsize=9)
    _draw(ahead, report, AHEAD)
    ahead.axhline(0.0, color=GREY, linewidth=0.8)
    ahead.set_ylabel("share of the search less that of the method", fontsize=9)
    handles, labels = success.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=8
    )
    return figure


def _draw(axes: Axes, report: SearchStudyReport, metric: str) -> None:
    budgets = report.plan.budgets
    for index, method in enumerate(Method):
        named = [report.estimates[Cell(method.value, budget)] for budget in budgets]
        if metric not in named[0]:
            continue
        means = [one[metric] for one in named]
        shift = SPREAD * (index - 0.5 * (len(Method) - 1))
        axes.errorbar(
            [place + shift for place in range(len(budgets))],
            [one.value for one in means],
            yerr=[
                [one.value - one.low for one in means],
                [one.high - one.value for one in means],
            ],
            color=COLOURS[index],
            marker=MARKERS[index],
            markersize=5,
            linewidth=1.0,
            capsize=2,
            label=method.value,
        )
    axes.set_xticks(range(len(budgets)), [str(budget) for budget in budgets], fontsize=8)
    axes.set_xlabel("token rows beside the prompt's", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)

"""How a comparison's pictures tell methods apart: by colour and, in print, by mark alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.fidelity_plot import COLOURS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.studies.comparison.report import ComparisonReport
    from tempo.application.studies.comparison.wording import Label
    from tempo.application.studies.intervals import Estimate

MARKERS = "osD^vPX*<>pdh"
"""With the colours, over a hundred methods are told apart; the first thirteen without them."""

PAPER = "white"
MARK = ("color", "marker", "markersize", "markerfacecolor", "markeredgewidth")
SEVERAL_DECADES = 100.0
"""Times the lowest number of an axis from which whole decades alone are named."""

NARROWEST_LEGEND = 1.9
"""Inches that a method's name takes in a legend."""


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    return Figure(figsize=(width, height), layout="constrained")


def methods_of(report: ComparisonReport) -> tuple[str, ...]:
    """Return all methods, in the order in which they were compared: their numbers."""
    return tuple(dict.fromkeys(cell.method for cell in report.figures))


def style(number: int, *, filled: bool = True, cap: int = 2) -> dict[str, Any]:
    """Return what `errorbar` draws a method by; caps are most of a large picture's bytes."""
    colour = COLOURS[number % len(COLOURS)]
    return {
        "color": colour,
        "marker": MARKERS[number % len(MARKERS)],
        "markersize": 6,
        "markerfacecolor": colour if filled else PAPER,
        "markeredgewidth": 1.2,
        "elinewidth": 0.9,
        "capsize": cap,
        "zorder": 3 if filled else 2,
    }


def bars(means: Sequence[Estimate], label: Label) -> tuple[list[float], list[float]]:
    """Return how far intervals reach below and above their means."""
    return (
        [label.scale * max(0.0, one.value - one.low) for one in means],
        [label.scale * max(0.0, one.high - one.value) for one in means],
    )


def tidy(axes: Axes, grid: str) -> None:
    """Leave away what says nothing."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis=grid, color="#dddddd", linewidth=0.6)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)


def count_in_ones_twos_and_fives(axes: Axes) -> None:
    """Name a logarithmic axis by few short numbers: 50, 100, 200, 10k."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullLocator  # noqa: PLC0415 - optional

    low, high = axes.get_xlim()
    fine = high < SEVERAL_DECADES * low
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if fine else (1.0,)))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.xaxis.set_minor_locator(NullLocator())


def legend(figure: Figure, methods: Sequence[str]) -> None:
    """Name the methods below all panels."""
    from matplotlib.lines import Line2D  # noqa: PLC0415 - optional

    marks = [
        Line2D([], [], linestyle="none", **{name: style(number)[name] for name in MARK})
        for number in range(len(methods))
    ]
    columns = max(1, min(len(methods), int(figure.get_figwidth() / NARROWEST_LEGEND)))
    figure.legend(
        marks, methods, loc="outside lower center", ncols=columns, frameon=False, fontsize=8
    )

"""Posteriors as a heat map with the tokens' text: a row a step, a column a rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.step_axis import WIDTH
from tempo.infrastructure.plotting.runs.token_label import token_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.application.records.run_view import PlacedStep, RunView
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Candidate

ROWS = 36
"""Steps of a page."""

COLUMNS = 7
"""Tokens of a step; what is left over shares one more column."""

ROW = 0.21
"""Inches of a row."""

LABEL = 9
BRIGHT = 0.55
"""From this share on a cell of viridis is bright, and its text black."""

REST = "#555555"


def plot_posteriors(view: RunView, first: int, end: int) -> Figure:
    """Draw a page of steps; the best path's token is framed and stands in its place by share."""
    shares = view.record.lattice.posteriors()
    rows = [
        (placed, shares[view.record.lattice.index_of(placed.step.step)])
        for placed in view.placed
        if first <= placed.step.step < end
    ]
    widest = max((placed.step.width for placed, _ in rows), default=1)
    columns = min(COLUMNS + 1, widest)
    figure = new_figure(WIDTH, ROW * (end - first) + 1.25)
    axes = figure.subplots()
    for placed, values in rows:
        _draw_row(axes, placed, values)
    there = {placed.step.step for placed, _ in rows}
    for number in range(first, end):
        if number not in there:
            axes.text(0.0, number, "step removed", va="center", ha="center", fontsize=7, color=REST)
    axes.set_xlim(-0.5, max(columns, 4) - 0.5)
    axes.set_ylim(end - 0.5, first - 0.5)
    axes.set_yticks(range(first, end))
    axes.set_xticks([])
    axes.tick_params(labelsize=7, length=0)
    axes.set_ylabel("step", fontsize=9)
    axes.spines[:].set_visible(False)
    _draw_scale(figure, axes)
    return figure


def _draw_row(axes: Axes, placed: PlacedStep, values: FloatArray) -> None:
    """Draw a step's members, the largest share first, and how much the rest holds."""
    members = placed.step.token_set.members
    order = sorted(range(len(members)), key=lambda index: -float(values[index]))
    for column, index in enumerate(order[:COLUMNS]):
        _draw_cell(
            axes,
            (column, placed.step.step),
            (members[index], float(values[index])),
            framed=index == placed.best,
        )
    rest = order[COLUMNS:]
    if rest:
        _draw_rest(axes, placed, [float(values[index]) for index in rest], placed.best in rest)


def _draw_rest(axes: Axes, placed: PlacedStep, rest: Sequence[float], holds_best: bool) -> None:  # noqa: FBT001 - told, not chosen
    text = f"{len(rest)} more: {sum(rest):.2f}" + ("*" if holds_best else "")
    axes.text(COLUMNS, placed.step.step, text, ha="center", va="center", fontsize=7, color=REST)


def _draw_cell(
    axes: Axes, place: tuple[int, int], held: tuple[Candidate, float], *, framed: bool
) -> None:
    from matplotlib import colormaps  # noqa: PLC0415 - optional
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - optional

    (column, step), (candidate, share) = place, held
    share = min(1.0, max(0.0, share))
    axes.add_patch(
        Rectangle(
            (column - 0.47, step - 0.44),
            0.94,
            0.88,
            facecolor=colormaps["viridis"](share),
            edgecolor="#d55e00" if framed else "none",
            linewidth=1.6,
        )
    )
    colour = "black" if share >= BRIGHT else "white"
    common = {"va": "center", "fontsize": 7, "color": colour, "clip_on": True}
    axes.text(column - 0.43, step, token_label(candidate, LABEL), ha="left", **common)  # type: ignore[arg-type]
    axes.text(column + 0.44, step, f"{share:.2f}".removeprefix("0"), ha="right", **common)  # type: ignore[arg-type]


def _draw_scale(figure: Figure, axes: Axes) -> None:
    from matplotlib.cm import ScalarMappable  # noqa: PLC0415 - optional
    from matplotlib.colors import Normalize  # noqa: PLC0415 - optional

    bar = figure.colorbar(
        ScalarMappable(Normalize(0.0, 1.0), "viridis"),
        ax=axes,
        location="bottom",
        aspect=60,
        pad=0.01,
    )
    bar.set_label(
        "posterior: share of the lattice's paths; framed: the best path (* among the rest)",
        fontsize=8,
    )
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)

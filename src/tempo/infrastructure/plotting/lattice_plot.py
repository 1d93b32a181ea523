"""A lattice as a picture: column = step, row = rank, area = probability."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.text import alternatives
from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.runs.token_label import token_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.domain.lattice import Lattice, LatticeStep
    from tempo.domain.tokens import Candidate

BEST, OTHER, EDGE = "#0072b2", "#999999", "#bbbbbb"
"""Colour-blind safe (Okabe and Ito)."""

GONE = "#666666"
"""Of tokens that were pruned, and of what is said of steps that were removed."""

BAND = "#f2f2f2"

LONGEST = 200

PAGE_ROWS = 10
"""Alternatives of a step on a page; how many more there are is said below them."""

LABEL = 10
"""Characters of a label: what fits a column."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is drawn of a lattice: the numbers of some steps, and so many rows of each."""

    numbers: range
    rows: int


def plot_lattice(lattice: Lattice, best: Sequence[int] = ()) -> Figure:
    """Draw up to the first 200 steps; `best` is the path to emphasise, a member index a step.

    A pruned token is a dashed circle without lines. The fuller a member, the more of it later
    tokens see: one that they see none of is hollow. A band stands for a step that was removed.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    steps = [step for step in lattice.steps if step.step < LONGEST]
    columns = steps[-1].step + 1 if steps else 0
    rows = max((len(_shown(step)) for step in steps), default=1)
    figure = Figure(figsize=(max(4.0, 0.75 * columns + 1), 0.75 * rows + 1.6))
    axes = figure.subplots()
    _draw_steps(axes, lattice, best, Window(range(columns), rows))
    figure.tight_layout()
    return figure


def plot_lattice_page(lattice: Lattice, best: Sequence[int], numbers: range) -> Figure:
    """Draw some steps on a page of paper: as `plot_lattice`, with at most ten rows.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    widths = [len(_shown(step)) for step in lattice.steps if step.step in numbers]
    rows = min(PAGE_ROWS, max(widths, default=1))
    more = max(widths, default=1) > PAGE_ROWS
    figure = new_figure(7.0, 0.62 * (rows + more) + 1.1)
    axes = figure.subplots()
    _draw_steps(axes, lattice, best, Window(numbers, rows))
    axes.set_ylim(rows - 0.5 + 0.6 * more, -0.95)
    axes.set_xlim(numbers.start - 0.6, max(numbers.stop, numbers.start + 4) - 0.4)
    axes.tick_params(labelsize=8)
    axes.set_xticks(numbers)
    return figure


def _draw_steps(axes: Axes, lattice: Lattice, best: Sequence[int], window: Window) -> None:
    """Draw what stands at some steps, and what joins them."""
    numbers, rows = window.numbers, window.rows
    placed = [(index, step) for index, step in enumerate(lattice.steps) if step.step in numbers]
    _draw_gaps(axes, sorted(set(numbers) - {step.step for _, step in placed}))
    path = {step.step: best[index] for index, step in placed if index < len(best)}
    for (_, before), (_, step) in pairwise(placed):
        ends = path.get(before.step), path.get(step.step)
        _draw_edges(axes, (before, step), ends, rows)
    for index, step in placed:
        _draw_candidates(axes, step, best[index] if index < len(best) else None, rows)
    axes.set_xlabel("step")
    axes.set_ylabel("rank")
    axes.set_ylim(rows - 0.3, -0.8)
    axes.set_xlim(numbers.start - 0.6, numbers.stop - 0.4)
    axes.set_yticks(range(rows))
    axes.spines[["top", "right"]].set_visible(False)


def _shown(step: LatticeStep) -> tuple[Candidate, ...]:
    """Return what is drawn of a step, from the top: its members, and what was pruned of it."""
    return alternatives(step, pruned=True)


def _member_rows(step: LatticeStep) -> list[int]:
    """Return the row of each member."""
    shown = _shown(step)
    return [row for row, candidate in enumerate(shown) if candidate.state.is_member]


def _draw_gaps(axes: Axes, removed: Sequence[int]) -> None:
    """Draw a band where a step was removed as a whole."""
    for number in removed:
        axes.axvspan(number - 0.3, number + 0.3, color=BAND, zorder=0)
        axes.annotate(
            "removed",
            (number, 0.5),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="center",
            rotation=90,
            fontsize=7,
            color=GONE,
        )


def _draw_edges(
    axes: Axes,
    neighbours: tuple[LatticeStep, LatticeStep],
    best: tuple[int | None, int | None],
    rows: int,
) -> None:
    """Draw transitions, as wide as they are probable; `best` are the members of the best path."""
    before, step = neighbours
    probabilities = np.exp(step.transitions)
    sources, targets = _member_rows(before), _member_rows(step)
    for row, member in enumerate(before.token_set.live_indices):
        for column in range(step.width):
            probability = float(probabilities[row, column])
            drawn = sources[member] < rows and targets[column] < rows
            if drawn and probability >= 0.01:  # noqa: PLR2004 - thinner lines cannot be seen
                axes.plot(
                    [before.step, step.step],
                    [sources[member], targets[column]],
                    color=BEST if (member, column) == best else EDGE,
                    linewidth=4 * probability,
                    zorder=1,
                )


def _draw_candidates(axes: Axes, step: LatticeStep, best: int | None, rows: int) -> None:
    shown = None if best is None else step.token_set.members[best]
    if len(_shown(step)) > rows:
        star = "*" if shown in _shown(step)[rows:] else ""
        _write(axes, f"{len(_shown(step)) - rows} more{star}", (step.step, rows - 0.35), GONE)
    for row, candidate in enumerate(_shown(step)[:rows]):
        member = candidate.state.is_member
        colour = BEST if candidate is shown else OTHER if member else GONE
        axes.scatter(
            step.step,
            row,
            s=40 + 400 * candidate.probability,
            facecolors=[_fill(colour, candidate.attention if member else 0.0)],
            edgecolors=colour,
            linestyles="solid" if member else "dashed",
            zorder=2,
        )
        text = f"{token_label(candidate, LABEL)}\n{candidate.probability:.2f}"
        _write(axes, text, (step.step, row - 0.22), "black" if member else GONE)


def _write(axes: Axes, text: str, place: tuple[float, float], colour: str) -> None:
    """Write above what is drawn, in a rim of white that keeps lines off the letters."""
    from matplotlib.patheffects import withStroke  # noqa: PLC0415 - optional

    axes.annotate(
        text,
        place,
        ha="center",
        va="bottom",
        fontsize=7,
        color=colour,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.0, foreground="white")],
        zorder=3,
    )


def _fill(colour: str, attention: float) -> tuple[float, ...]:
    """Return a colour as full as a member is seen; opaque, so that no line shows through."""
    from matplotlib.colors import to_rgb  # noqa: PLC0415 - optional

    return tuple(1.0 - attention * (1.0 - part) for part in to_rgb(colour))

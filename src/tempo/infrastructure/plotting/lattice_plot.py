"""A lattice as a picture: column = step, row = rank, area = probability."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from tempo.domain.lattice import Lattice, LatticeStep

BEST, OTHER, EDGE = "#0072b2", "#999999", "#bbbbbb"
"""Colour-blind safe (Okabe and Ito)."""

LONGEST = 200


def plot_lattice(lattice: Lattice, best: Sequence[int] = ()) -> Figure:
    """Draw up to the first 200 steps; `best` is the path to emphasise, a member index a step.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    steps = lattice.steps[:LONGEST]
    widest = max((step.width for step in steps), default=1)
    figure = Figure(figsize=(max(4.0, 0.75 * len(steps) + 1), 0.75 * widest + 1.6))
    axes = figure.subplots()
    for before, step in pairwise(steps):
        _draw_edges(axes, before, step)
    for index, step in enumerate(steps):
        _draw_members(axes, step, best[index] if index < len(best) else None)
    axes.set_xlabel("step")
    axes.set_ylabel("rank")
    axes.set_ylim(widest - 0.3, -0.8)
    axes.set_xlim(-0.6, len(steps) - 0.4)
    axes.set_yticks(range(widest))
    axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def _draw_edges(axes: Axes, before: LatticeStep, step: LatticeStep) -> None:
    """Draw transitions, as wide as they are probable."""
    probabilities = np.exp(step.transitions)
    for row, member in enumerate(before.token_set.live_indices):
        for column in range(step.width):
            probability = float(probabilities[row, column])
            if probability >= 0.01:  # noqa: PLR2004 - thinner lines cannot be seen
                axes.plot(
                    [before.step, step.step],
                    [member, column],
                    color=EDGE,
                    linewidth=4 * probability,
                    zorder=1,
                )


def _draw_members(axes: Axes, step: LatticeStep, best: int | None) -> None:
    for row, member in enumerate(step.token_set.members):
        colour = BEST if row == best else OTHER
        size = 40 + 400 * member.probability
        axes.scatter(step.step, row, s=size, color=colour, zorder=2)
        text = member.text.replace(" ", "\u2423") or "<end>"
        axes.annotate(
            f"{text}\n{member.probability:.2f}",
            (step.step, row - 0.22),
            ha="center",
            va="bottom",
            fontsize=7,
            parse_math=False,
            zorder=3,
        )

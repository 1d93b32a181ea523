"""Several runs in one picture, a line a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.comparison_style import new_figure
from tempo.infrastructure.plotting.fidelity_plot import COLOURS
from tempo.infrastructure.plotting.runs.kinds import Kind
from tempo.infrastructure.plotting.runs.step_axis import WIDTH, StepBins, finish_steps
from tempo.infrastructure.plotting.runs.token_label import drawable, shortened, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView

DASHES = ("-", "--", "-.", ":")
MOST = len(COLOURS)
NAME = 60
"""Characters of a run's name in a legend."""


def _widths(view: RunView) -> list[tuple[int, float]]:
    return [(one.step, one.width) for one in view.figures]


def _entropies(view: RunView) -> list[tuple[int, float]]:
    return [(one.step, one.entropy) for one in view.figures]


def _rows(view: RunView) -> list[tuple[int, float]]:
    sums = np.cumsum(view.rows_fed).tolist()
    return list(zip(range(view.first, view.end), sums, strict=True))


LINES: dict[Kind, tuple[str, Callable[[RunView], list[tuple[int, float]]]]] = {
    Kind.SETS: ("tokens that stayed", _widths),
    Kind.ENTROPY: ("entropy, nats", _entropies),
    Kind.COST: ("token rows so far, without the prompt's", _rows),
}


def require_comparable(count: int) -> None:
    """Refuse more runs than one picture tells apart.

    Raises:
        InvalidValueError: for more than eight.
    """
    if count > MOST:
        message = (
            f"{count} files in one picture cannot be told apart; name at most {MOST}, or choose "
            "kinds that are drawn file by file: threshold, posteriors, lattice, attention"
        )
        raise InvalidValueError(message)


def plot_compared(views: Sequence[RunView], kind: Kind) -> Figure:
    """Draw what `kind` is about as one line a run, by colour and, in grey print, by dashes."""
    title, values = LINES[kind]
    figure = new_figure(WIDTH, 3.0 + 0.18 * len(views))
    axes = figure.subplots()
    bins = StepBins.of(views)
    for number, view in enumerate(views):
        axes.plot(
            bins.centres,
            bins.means(values(view)),
            color=COLOURS[number],
            linestyle=DASHES[number % len(DASHES)],
            linewidth=1.3,
            marker="." if view.end - view.first == 1 else "",
            label=shortened(drawable(spelled(view.name).replace("\u2423", " ")), NAME),
        )
    axes.set_ylim(bottom=0)
    axes.set_ylabel(title, fontsize=9)
    finish_steps(axes, bins)
    figure.legend(loc="outside lower center", ncols=1, frameon=False, fontsize=8)
    return figure

"""Every picture of a run, kind by kind, and of several runs beside each other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.lattice_plot import plot_lattice_page
from tempo.infrastructure.plotting.runs.attention_plot import judged_by_attention, plot_attention
from tempo.infrastructure.plotting.runs.compared_plot import plot_compared, require_comparable
from tempo.infrastructure.plotting.runs.cost_plot import plot_cost
from tempo.infrastructure.plotting.runs.entropy_plot import plot_entropy
from tempo.infrastructure.plotting.runs.kinds import PAGES, Drawing, Kind, Sheet
from tempo.infrastructure.plotting.runs.posterior_plot import ROWS, plot_posteriors
from tempo.infrastructure.plotting.runs.sets_plot import plot_sets
from tempo.infrastructure.plotting.runs.threshold_plot import plot_threshold
from tempo.infrastructure.plotting.runs.token_label import drawable, shortened, spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from matplotlib.figure import Figure

    from tempo.application.records.run_view import RunView

LATTICE_STEPS = 9
"""Steps of a page of the lattice picture."""

TITLES = {
    Kind.SETS: "token sets, after pruning and before",
    Kind.ENTROPY: "probabilities and entropy",
    Kind.THRESHOLD: "threshold against observed probabilities",
    Kind.POSTERIORS: "posteriors",
    Kind.LATTICE: "lattice",
    Kind.ATTENTION: "attention received by tokens that lost by it",
    Kind.COST: "cost in token rows, without the prompt's",
}

COMPARED = "compared"
TITLE = 40
"""Characters of a run's name in a title."""


def draw_run(view: RunView, kind: Kind) -> Drawing:
    """Draw one kind of a run; what its record does not hold is a sentence instead.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    with _plain_text():
        match kind:
            case Kind.POSTERIORS:
                return _paged(view, kind, ROWS, plot_posteriors)
            case Kind.LATTICE:
                return _paged(view, kind, LATTICE_STEPS, _lattice_page)
            case Kind.ATTENTION if not judged_by_attention(view):
                return Drawing((), f"{view.name}: {_no_attention(view)}")
            case Kind.THRESHOLD if not any(one.threshold for one in view.figures):
                why = "the threshold is 0 at every step, so that the width cap alone decides"
                return Drawing((), f"{view.name}: no threshold is drawn: {why}")
            case _:
                return Drawing((_titled(view, kind, _WHOLE[kind](view)),))


def draw_compared(views: Sequence[RunView], kind: Kind) -> Drawing:
    """Draw one kind of several runs in one picture.

    Raises:
        InvalidValueError: for a kind that does not compare, too many runs, or no matplotlib.
    """
    if not kind.compares:
        message = f"{kind.value} shows one run; draw each by itself"
        raise InvalidValueError(message)
    require_comparable(len(views))
    with _plain_text():
        return Drawing((Sheet(f"{COMPARED}-{kind.value}", plot_compared(views, kind)),))


_WHOLE: dict[Kind, Callable[[RunView], Figure]] = {
    Kind.SETS: plot_sets,
    Kind.ENTROPY: plot_entropy,
    Kind.THRESHOLD: plot_threshold,
    Kind.ATTENTION: plot_attention,
    Kind.COST: plot_cost,
}


def _lattice_page(view: RunView, first: int, end: int) -> Figure:
    return plot_lattice_page(view.record.lattice, view.record.best, range(first, end))


def _paged(
    view: RunView, kind: Kind, steps: int, draw: Callable[[RunView, int, int], Figure]
) -> Drawing:
    """Draw page after page, so that no picture is longer than paper."""
    count = view.end - view.first
    steps = math.ceil(count / math.ceil(count / steps))  # no last page of a single step
    starts = range(view.first, view.end, steps)
    several = len(starts) > 1
    sheets = tuple(
        _titled(
            view,
            kind,
            draw(view, first, min(first + steps, view.end)),
            f"{number:02d}" if several else "",
        )
        for number, first in enumerate(starts[:PAGES], start=1)
    )
    if len(starts) <= PAGES:
        return Drawing(sheets)
    shown = f"{starts[0]} to {starts[PAGES] - 1}"
    note = f"{view.name}: the {PAGES} pages of {kind.value} show steps {shown}"
    return Drawing(sheets, f"{note}; name others by --steps A:B")


def _titled(view: RunView, kind: Kind, figure: Figure, number: str = "") -> Sheet:
    name = shortened(drawable(spelled(view.name).replace("\u2423", " ")), TITLE)
    figure.suptitle(f"{name}: {TITLES[kind]}", fontsize=10)
    return Sheet("-".join(filter(None, (view.name, kind.value, number))), figure)


def _no_attention(view: RunView) -> str:
    """Say why there is no picture of attention."""
    known = view.record.provenance.settings or {}
    if known.get("retroactive_pruning") == "attention":
        return "no attention is drawn: its rule took nothing away, and a document holds no more"
    return (
        "no attention is drawn: a document holds what a rule of attention measured, and none "
        "judged these steps (retroactive_pruning attention)"
    )


def _plain_text() -> AbstractContextManager[None]:
    """Return a context in which a dollar sign is a dollar sign."""
    try:
        from matplotlib import rc_context  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    return rc_context({"text.parse_math": False})

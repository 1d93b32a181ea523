"""A lattice as shapes of a page's own drawing, column = step, row = rank."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.text import alternatives
from tempo.infrastructure.plotting.runs.token_label import shortened, token_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.records.run_view import PlacedStep, RunView
    from tempo.domain.tokens import Candidate

COLUMN, ROW, MARGIN = 92, 52, 40
"""Pixels from step to step, from rank to rank, and around."""

ROWS = 8
"""Alternatives of a step at most."""

FAINTEST = 0.02
"""Transitions less probable than this are left away."""

LINES = 24
"""Transitions between two steps at most."""

LABEL = 12


@dataclass(frozen=True, slots=True)
class Node:
    """A token: its place, its size, its label, what hovering tells, and how it is drawn."""

    x: int
    y: int
    radius: float
    label: str
    told: str
    style: str


@dataclass(frozen=True, slots=True)
class Line:
    """A transition, as wide as it is probable; whether the best path takes it."""

    x1: int
    y1: int
    x2: int
    y2: int
    width: float
    best: bool


@dataclass(frozen=True, slots=True)
class PageLattice:
    """The shapes and how much room they take."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]
    numbers: tuple[tuple[int, int], ...]


def page_lattice(view: RunView) -> PageLattice:
    """Return the lattice of a view's steps, at most eight alternatives of each."""
    placed = view.placed
    rows = max(len(_shown(one)) for one in placed)
    lines = [line for before, one in pairwise(placed) for line in _lines(view, before, one)]
    nodes = [node for one in placed for node in _nodes(view, one)]
    return PageLattice(
        width=2 * MARGIN + COLUMN * (view.end - view.first - 1),
        height=2 * MARGIN + ROW * (rows - 1) + 20,
        nodes=tuple(nodes),
        lines=tuple(lines),
        numbers=tuple((_x(view, one), one.step.step) for one in placed),
    )


def _shown(placed: PlacedStep) -> Sequence[Candidate]:
    """Return a step's first alternatives; the best path's token is always among them."""
    found = alternatives(placed.step, pruned=True)
    first = found[:ROWS]
    if placed.shown is None or placed.shown in first:
        return first
    return (*first[:-1], placed.shown)


def _x(view: RunView, placed: PlacedStep) -> int:
    return MARGIN + COLUMN * (placed.step.step - view.first)


def _y(row: int) -> int:
    return MARGIN + ROW * row


def _nodes(view: RunView, placed: PlacedStep) -> Iterator[Node]:
    for row, one in enumerate(_shown(placed)):
        style = "other" if one.state.is_member else "gone"
        told = f"step {placed.step.step}: {token_text(one)}, probability {one.probability:.3f}"
        if one.posterior is not None:
            told += f", posterior {one.posterior:.3f}"
        if one.reason is not None:
            told += f", {one.reason}"
        yield Node(
            x=_x(view, placed),
            y=_y(row),
            radius=round(4.0 + 9.0 * min(1.0, one.probability), 1),
            label=shortened(token_text(one), LABEL),
            told=told,
            style="best" if one is placed.shown else style,
        )


def _lines(view: RunView, before: PlacedStep, placed: PlacedStep) -> Iterator[Line]:
    """Yield the most probable transitions between what is shown, the best path's before all."""
    probabilities = np.exp(placed.step.transitions)
    sources, targets = _rows(before), _rows(placed)
    best = before.best, placed.best
    found = [
        (
            (member, column) == best,
            float(probabilities[row, column]),
            sources[member],
            targets[column],
        )
        for row, member in enumerate(before.step.token_set.live_indices)
        for column in range(placed.step.width)
        if member in sources and column in targets
    ]
    left, right = _x(view, before), _x(view, placed)
    for taken, probability, source, target in sorted(found, reverse=True)[:LINES]:
        if taken or probability >= FAINTEST:
            width = round(max(1.0 * taken, 5.0 * probability), 1)
            yield Line(left, _y(source), right, _y(target), width, taken)


def _rows(placed: PlacedStep) -> dict[int, int]:
    """Return the row of each member that is shown."""
    rows = {one.token_id: row for row, one in enumerate(_shown(placed))}
    members = placed.step.token_set.members
    return {index: rows[one.token_id] for index, one in enumerate(members) if one.token_id in rows}

"""Sums and differences, with solved ones before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.tasks.item import TaskItem

if TYPE_CHECKING:
    from tempo.application.studies.tasks.drawing import Draw

SHOWN = 3
HIGHEST = 50


def arithmetic(draw: Draw) -> TaskItem:
    """Return a sum or difference of whole numbers up to 50, never below 0."""
    solved = [_problem(draw) for _ in range(SHOWN)]
    question, answer = _problem(draw)
    lines = [f"{asked} {result}" for asked, result in solved]
    return TaskItem("\n".join([*lines, question]), (f" {answer}",))


def _problem(draw: Draw) -> tuple[str, int]:
    one, other = draw.number(0, HIGHEST), draw.number(0, HIGHEST)
    if draw.one((True, False)):
        return f"{one} + {other} =", one + other
    high, low = max(one, other), min(one, other)
    return f"{high} - {low} =", high - low

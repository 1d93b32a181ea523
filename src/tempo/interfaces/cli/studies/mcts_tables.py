"""A study of search as plain tables: methods down, rows across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.search.figures import Cell
from tempo.application.studies.search.plan import Method
from tempo.application.studies.search.report import (
    AHEAD,
    LIKELIHOOD,
    PER_SIMULATION,
    ROWS,
    SHARED,
    SUCCESS,
    TEXTS,
    UNSHARED,
    VALUE,
)
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.search.report import SearchStudyReport

TABLES = (
    (SUCCESS, "share of tasks with a text as asked", ".3f"),
    (AHEAD, "share of the search less that of the method, paired", "+.3f"),
    (VALUE, "value of the best text", ".3f"),
    (LIKELIHOOD, "log-probability of that text per token, nats", ".3f"),
    (ROWS, "token rows fed", ""),
    (TEXTS, "texts tried to their end", ""),
)
"""Metric, title and format of every table."""

OF_THE_SEARCH = (
    (PER_SIMULATION, "rows per simulation", ".2f"),
    (UNSHARED, "the same without a shared cache", ".2f"),
    (SHARED, "the first as a share of the second", ".3f"),
)


def search_lines(report: SearchStudyReport) -> Iterator[str]:
    """Yield the lines of a report."""
    tried, budgets = len(report.items), report.plan.budgets
    stopped = f" (stopped, {report.asked_for} asked for)" if tried < report.asked_for else ""
    yield f"== {report.task}: {tried} tasks{stopped}; means with 95 % bootstrap intervals"
    heads = [f"{budget} rows" for budget in budgets]
    for metric, title, form in TABLES:
        rows = [
            [method.value, *(shown(one[metric], form) for one in named)]
            for method in Method
            if metric in (named := [report.estimates[Cell(method, b)] for b in budgets])[0]
        ]
        yield ""
        yield title
        yield from columns([["method", *heads], *rows])
    yield ""
    yield "the search"
    rows = [
        [title, *(shown(report.estimates[Cell(Method.MCTS, b)][metric], form) for b in budgets)]
        for metric, title, form in OF_THE_SEARCH
    ]
    yield from columns([["", *heads], *rows])

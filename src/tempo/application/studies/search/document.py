"""A study of search as one JSON document: settings, versions, estimates, each item's trials."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from tempo.application.studies.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.search.report import SearchStudyReport

FORMAT = "tempo search study"
VERSION = 1
DIGITS = 5
"""Significant digits of a figure, fewer than rounding on another machine changes."""


def search_document(report: SearchStudyReport, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null.

    `facts` say what else decides the numbers. There is no time in it.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "task": report.task,
        "settings": asdict(report.plan),
        "items": len(report.items),
        "asked_for": report.asked_for,
        "columns": [entry.name for entry in fields(Estimate)],
        "estimates": [
            asdict(cell) | {"figures": {name: _row(one) for name, one in named.items()}}
            for cell, named in report.estimates.items()
        ],
        "trials": [
            {
                "number": item.number,
                "prompt": item.prompt,
                "asked": item.asked,
                "trials": [
                    asdict(cell) | {"value": _number(trial.value), "text": trial.text}
                    for cell, trial in item.trials.items()
                ],
            }
            for item in report.items
        ],
    }


def _row(estimate: Estimate) -> list[float | None]:
    return [_number(getattr(estimate, entry.name)) for entry in fields(Estimate)]


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

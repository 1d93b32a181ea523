"""An ambiguity study as one JSON document: settings, versions, estimates."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from tempo.application.studies.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.ambiguity.report import AmbiguityReport

FORMAT = "tempo ambiguity study"
VERSION = 1
DIGITS = 5
"""Significant digits of a figure, fewer than rounding on another machine changes."""


def ambiguity_document(report: AmbiguityReport, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null.

    `facts` say what else decides the numbers: the command, the model, the libraries' versions.
    There is no time in it, so that the same study gives the same document.
    """
    plan = report.plan
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "settings": {
            "rules": {rule.name: rule.as_mapping() for rule in plan.rules},
            "injections": [injection.value for injection in plan.injections],
            "weights": list(plan.weights),
            "depths": list(plan.depths),
            "seed": plan.seed,
        },
        "contexts": len(report.contexts),
        "asked_for": report.prompts,
        "left_out": report.left_out,
        "columns": [entry.name for entry in fields(Estimate)],
        "estimates": [
            asdict(cell) | {"figures": {name: _row(one) for name, one in named.items()}}
            for cell, named in report.estimates.items()
        ],
    }


def _row(estimate: Estimate) -> list[float | None]:
    return [_number(getattr(estimate, entry.name)) for entry in fields(Estimate)]


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

"""A consolidation study as one JSON document: settings, versions, estimates; no text of others."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from tempo.application.studies.consolidation.report import verdict
from tempo.application.studies.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.consolidation.report import ConsolidationReport

FORMAT = "tempo consolidation study"
VERSION = 1
DIGITS = 5
"""Significant digits of a figure, fewer than rounding on another machine changes."""


def consolidation_document(
    report: ConsolidationReport, facts: Mapping[str, object]
) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null.

    `facts` say what else decides the numbers: the command, the model, the hashes of what was
    read, the libraries' versions. There is no time in it, and of texts only what the model wrote.
    """
    plan = report.plan
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "settings": {
            "window": plan.window,
            "rows": plan.rows,
            "protected": {"first": plan.protection.first, "recent": plan.protection.recent},
            "decay": plan.decay,
            "eviction": plan.eviction,
            "layers": None if plan.layers is None else list(plan.layers),
            "length": plan.length,
            "prompt": plan.prompt,
            "steps": plan.steps,
            "seed": plan.seed,
        },
        "parts": len(report.parts),
        "asked_for": report.asked_for,
        "columns": [entry.name for entry in fields(Estimate)],
        "estimates": {
            measure: {variant: _rows(named) for variant, named in variants.items()}
            for measure, variants in report.estimates.items()
        },
        "differences": [
            {
                "measure": measure,
                "one": comparison.one,
                "other": comparison.other,
                "figures": _rows(named),
                "verdicts": {metric: verdict(one) for metric, one in named.items()},
            }
            for measure, compared in report.differences.items()
            for comparison, named in compared.items()
        ],
        "once": {
            variant: {metric: _number(value) for metric, value in figures.items()} | {"text": text}
            for variant, (figures, text) in report.once().items()
        },
    }


def _rows(named: Mapping[str, Estimate]) -> dict[str, list[float | None]]:
    return {
        name: [_number(getattr(one, entry.name)) for entry in fields(Estimate)]
        for name, one in named.items()
    }


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

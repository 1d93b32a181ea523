"""A study as one JSON document: settings, versions, estimates and every context's figures."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.fidelity.figures import ContextFigures
    from tempo.application.studies.fidelity.report import FidelityReport

FORMAT = "tempo fidelity"
VERSION = 1


def study_document(report: FidelityReport, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null, infinite ones "inf".

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
            "thresholds": list(plan.thresholds),
            "depths": list(plan.depths),
            "width": plan.width,
            "budget": plan.budget,
            "seed": plan.seed,
            "prompts": report.prompts,
        },
        "estimates": [
            asdict(cell) | {name: _plain(asdict(estimate)) for name, estimate in named.items()}
            for cell, named in report.estimates.items()
        ],
        "contexts": [_context(context) for context in report.contexts],
    }


def _context(context: ContextFigures) -> dict[str, Any]:
    return {
        "number": context.number,
        "prompt": context.prompt,
        "figures": [
            asdict(cell) | _plain(asdict(figures)) for cell, figures in context.figures.items()
        ],
        "over_budget": [asdict(over.cell) | {"paths": over.paths} for over in context.overruns],
    }


def _plain(values: Mapping[str, float]) -> dict[str, float | str | None]:
    return {name: _number(value) for name, value in values.items()}


def _number(value: float) -> float | str | None:
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)

"""A study of pruning as one JSON document: settings, versions, estimates, every context."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tempo.application.studies.pruning.findings import SIZES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.pruning.findings import ContextFindings
    from tempo.application.studies.pruning.report import PruningReport

FORMAT = "tempo pruning study"
VERSION = 1


def pruning_document(report: PruningReport, facts: Mapping[str, object]) -> dict[str, Any]:
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
            "lags": list(plan.lags),
            "sets": plan.sets,
            "threshold": plan.threshold,
            "width": plan.width,
            "budget": plan.budget,
            "texts": asdict(plan.texts),
            "variants": [asdict(one) | {"settings": one.settings} for one in plan.variants],
            "seed": plan.seed,
            "prompts": report.prompts,
        },
        "judged": [
            {"rule": rule.name, "lag": lag, "left_out": report.left_out(rule.name, lag)}
            | {"sets": {size: report.sets(rule.name, lag, size) for size in SIZES}}
            for rule in plan.rules
            for lag in plan.lags
        ],
        "rankings": [
            asdict(cell) | {name: _plain(asdict(one)) for name, one in named.items()}
            for cell, named in report.rankings.items()
        ],
        "texts": [
            asdict(variant) | {name: _plain(asdict(one)) for name, one in named.items()}
            for variant, named in report.texts.items()
        ],
        "contexts": [_context(context) for context in report.contexts],
    }


def _context(context: ContextFindings) -> dict[str, Any]:
    return {
        "number": context.number,
        "prompt": context.prompt,
        "sets": [
            {"rule": rule, "lag": lag, "size": size, "sets": count}
            for (rule, lag, size), count in context.sets.items()
        ],
        "left_out": [
            {"rule": rule, "lag": lag, "sets": count}
            for (rule, lag), count in context.left_out.items()
        ],
        "rankings": [asdict(cell) | _plain(named) for cell, named in context.rankings.items()],
        "texts": [asdict(variant) | asdict(figures) for variant, figures in context.texts.items()],
    }


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}

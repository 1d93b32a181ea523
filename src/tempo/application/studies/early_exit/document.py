"""A study of early exit as one JSON document: settings, rules, estimates, exits."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from tempo.application.studies.intervals import Estimate
from tempo.domain.early_exit import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.early_exit.policies import Policy
    from tempo.application.studies.early_exit.report import EarlyExitReport

FORMAT = "tempo early exit study"
VERSION = 1
DIGITS = 5


def early_exit_document(report: EarlyExitReport, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a report as JSON holds it; a threshold that no row reaches is null.

    `facts` say what else decides the numbers: the command, the model, the libraries' versions.
    Speeds are ratios of times, and come out a little differently each time.
    """
    plan, watched = report.plan, report.watched
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "settings": {
            "layers": list(watched.layers),
            "criteria": [one.value for one in plan.criteria],
            "levels": list(plan.levels),
            "steps": plan.steps,
            "set_threshold": plan.set_threshold,
            "set_width": plan.set_width,
            "set_texts": plan.set_texts,
            "seed": plan.seed,
        },
        "held_out": len(report.held),
        "measured": len(report.measured),
        "asked_for": report.texts,
        "weights": asdict(report.cost),
        "layer_agreement": [_number(one) for one in watched.raw_agreement()],
        "foresight": _number(watched.foresight(report.cost)),
        "columns": [entry.name for entry in fields(Estimate)],
        "set_rows": _row(report.width),
        "policies": [_policy(report, one) for one in report.policies],
    }


def _policy(report: EarlyExitReport, policy: Policy) -> dict[str, Any]:
    promised = policy.promised
    told: dict[str, Any] = {
        "work": policy.work.value,
        "criterion": policy.criterion.value,
        "level": policy.level,
        "leaving": policy.rule.leaving.value,
        "thresholds": {
            str(one.layer): None if one.threshold == NEVER else _number(one.threshold)
            for one in policy.rule.layers
        },
        "held_out": {
            "agreement": _number(promised.agreement),
            "lower": _number(promised.lower),
            "fewer_weights": _number(promised.speed),
        },
    }
    if policy.exits:
        figures = report.estimates[policy.name]
        told["figures"] = {name: _row(one) for name, one in figures.items()}
        told["exits"] = [_number(share) for share in report.exits(policy)]
    return told


def _row(estimate: Estimate) -> list[float | None]:
    return [_number(getattr(estimate, entry.name)) for entry in fields(Estimate)]


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

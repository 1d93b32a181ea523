"""A study of curves as one JSON document: settings, versions, estimates, tests."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from tempo.application.studies.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.curves.report import CurveReport

VERSION = 1
DIGITS = 5
"""Significant digits of a figure, fewer than rounding on another machine changes."""


def curve_document(
    report: CurveReport, facts: Mapping[str, object], settings: Mapping[str, object]
) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null.

    `facts` say what else decides the numbers: the command, the model, the libraries' versions.
    There is no time in it, so that the same study gives the same document.
    """
    return {
        "format": f"tempo {report.layout.name} study",
        "version": VERSION,
        **facts,
        "settings": dict(settings),
        "contexts": len(report.found),
        "asked_for": report.prompts,
        "columns": [entry.name for entry in fields(Estimate)],
        "quantities": {one.name: one.title for one in report.layout.quantities},
        "estimates": [
            asdict(cell) | {"estimate": _row(one)} for cell, one in report.estimates.items()
        ],
        "tests": [
            {
                "quantity": one.quantity,
                "contrast": one.contrast.name,
                "place": one.place,
                "difference": _row(one.difference),
                "p": _number(one.p),
                "corrected": _number(one.corrected),
            }
            for one in report.tests
        ],
    }


def _row(estimate: Estimate) -> list[float | None]:
    return [_number(getattr(estimate, entry.name)) for entry in fields(Estimate)]


def _number(value: float) -> float | None:
    if isinstance(value, int):
        return value
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None

"""A comparison as one JSON document, and back."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tempo.application.studies.comparison.calibration import Bin, Calibration
from tempo.application.studies.comparison.figures import (
    METRICS,
    AskedPrompt,
    Cell,
    Figures,
    Setting,
)
from tempo.application.studies.comparison.report import ComparisonReport, MeasuringPlan
from tempo.application.studies.intervals import Estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.comparison.statistics import Contrast

FORMAT = "tempo comparison"
VERSION = 1


def document_of(
    report: ComparisonReport, facts: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Return a report as JSON holds it; undefined figures are null.

    `facts` say what else decides the numbers: the command, the seeds, the model, the libraries'
    versions. What is resampled is in it for readers that do not resample; `report_of` needs only
    `measuring`, `prompts`, `figures` and `calibrations`.
    """
    return {
        "format": FORMAT,
        "version": VERSION,
        "facts": dict(facts or {}),
        "measuring": asdict(report.plan),
        "grader": report.grader,
        "prompts": [
            {"text": one.text, "references": list(one.references)} for one in report.prompts
        ],
        "estimates": [
            _place(cell) | {"metrics": {name: _plain(asdict(one)) for name, one in named.items()}}
            for cell, named in report.estimates.items()
        ],
        "differences": [
            _place(cell) | {"metrics": {name: _contrast(one) for name, one in named.items()}}
            for cell, named in report.contrasts.items()
        ],
        "frontiers": [
            asdict(plane.setting)
            | {"quality": plane.quality, "cost": plane.cost}
            | {"points": [asdict(point) for point in points]}
            for plane, points in report.frontiers.items()
        ],
        "calibrations": {name: _calibration(one) for name, one in report.calibrations.items()},
        "figures": [
            _place(cell) | {"prompts": [_plain(asdict(one)) for one in rows]}
            for cell, rows in report.figures.items()
        ],
    }


def report_of(document: Mapping[str, Any]) -> ComparisonReport:
    """Return the report that a sound document holds; its means are taken again when asked for."""
    return ComparisonReport(
        plan=MeasuringPlan(**document["measuring"]),
        prompts=tuple(
            AskedPrompt(one["text"], tuple(one["references"])) for one in document["prompts"]
        ),
        figures={
            Cell(entry["method"], Setting(entry["count"], entry["max_steps"])): tuple(
                Figures(**{name: _number(one[name]) for name in METRICS})
                for one in entry["prompts"]
            )
            for entry in document["figures"]
        },
        grader=document["grader"],
        calibrations={
            name: _calibration_of(held) for name, held in document["calibrations"].items()
        },
    )


def _place(cell: Cell) -> dict[str, Any]:
    return {"method": cell.method} | asdict(cell.setting)


def _contrast(contrast: Contrast) -> dict[str, Any]:
    chances = {"p_value": contrast.p_value, "adjusted": contrast.adjusted}
    return {"difference": _plain(asdict(contrast.difference))} | _plain(chances)


def _calibration(found: Calibration) -> dict[str, Any]:
    return {
        "event": found.event,
        "error": _plain(asdict(found.error)),
        "chance": found.chance,
        "excess": _plain(asdict(found.excess)),
        "bins": [
            {"low": one.low, "high": one.high, "trials": one.trials}
            | _plain({"predicted": one.predicted})
            | {"observed": _plain(asdict(one.observed))}
            for one in found.bins
        ],
    }


def _calibration_of(held: Mapping[str, Any]) -> Calibration:
    return Calibration(
        event=held["event"],
        error=_estimate(held["error"]),
        chance=held["chance"],
        excess=_estimate(held["excess"]),
        bins=tuple(
            Bin(
                low=one["low"],
                high=one["high"],
                trials=one["trials"],
                predicted=_number(one["predicted"]),
                observed=_estimate(one["observed"]),
            )
            for one in held["bins"]
        ),
    )


def _estimate(held: Mapping[str, Any]) -> Estimate:
    return Estimate(
        value=_number(held["value"]),
        low=_number(held["low"]),
        high=_number(held["high"]),
        contexts=held["contexts"],
    )


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    return {name: None if math.isnan(value) else value for name, value in values.items()}


def _number(value: float | None) -> float:
    return math.nan if value is None else value

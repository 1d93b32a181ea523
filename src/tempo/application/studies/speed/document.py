"""A speed study as one JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.speed.report import MethodFigures, SpeedReport

FORMAT = "tempo speed"
VERSION = 1


def speed_document(report: SpeedReport, facts: Mapping[str, object]) -> dict[str, Any]:
    """Return a report as JSON holds it; `facts` say what else decides the numbers."""
    memory = report.memory
    return {
        "format": FORMAT,
        "version": VERSION,
        **facts,
        "plan": asdict(report.plan),
        "memory": asdict(memory),
        "methods": [_method(report, one) for one in report.figures],
        "did_not_run": dict(report.failed),
        "prompts_at_once": [
            {"prompts": size, "steps_a_second": list(rounds)}
            for size, rounds in report.batches.items()
        ],
        "width_1_is_greedy": report.same_tokens,
    }


def _method(report: SpeedReport, one: MethodFigures) -> dict[str, Any]:
    return {
        "context": one.context,
        "method": one.method,
        "milliseconds": one.median,
        "of_greedy": report.of_greedy(one),
        "floor_milliseconds": report.floor(one),
        "rounds": [asdict(timing) | {"domain": timing.domain} for timing in one.timings],
    }

"""A comparison as tables of text: methods down, figures across."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.figures import COSTS, METRICS, QUALITIES, Cell
from tempo.application.studies.comparison.report import Plane
from tempo.application.studies.comparison.wording import LABELS, chance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.comparison.calibration import Calibration
    from tempo.application.studies.comparison.figures import Setting
    from tempo.application.studies.comparison.report import ComparisonReport

TEXTS = METRICS[len(QUALITIES) : -len(COSTS)]
"""What texts are like, apart from their quality."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a title; the first row is the heading, the first column names the rest."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def tables_of(report: ComparisonReport, setting: Setting) -> tuple[Table, ...]:
    """Return the tables of a setting; metrics that are nowhere defined are left out."""
    qualities = [name for name in QUALITIES if report.is_defined(setting, name)]
    texts = [name for name in TEXTS if report.is_defined(setting, name)]
    return (
        Table("quality, more is better", _means(report, setting, qualities)),
        Table(
            f"quality less that of {report.plan.reference}, paired by prompt, with the p-value of "
            "a sign-flip test after Holm's correction over the methods",
            _differences(report, setting, qualities),
        ),
        Table("the texts", _means(report, setting, texts)),
        Table("cost of a prompt, mean", _costs(report, setting)),
        *(
            Table(
                f"frontier of {LABELS[quality].title}: where no other method is as good at no more "
                "cost, and for which share of resampled prompts",
                _frontiers(report, setting, quality),
            )
            for quality in qualities
        ),
    )


def calibration_table(name: str, found: Calibration) -> Table:
    """Return forecasts beside what happened."""
    rows = [("probability", "trials", "predicted", "observed")]
    label = LABELS["coverage"]
    rows += [
        (
            f"{one.low:.1f} to {one.high:.1f}",
            f"{one.trials:,}",
            label.written(one.predicted),
            label.with_interval(one.observed),
        )
        for one in found.bins
    ]
    title = (
        f"calibration of {name}: {found.event}; expected calibration error "
        f"{label.with_interval(found.error)}, {label.written(found.chance)} by chance alone; "
        f"predicted less observed {label.signed.with_interval(found.excess)}"
    )
    return Table(title, tuple(rows))


def _means(
    report: ComparisonReport, setting: Setting, metrics: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    heading = ("method", *(LABELS[name].title for name in metrics))
    rows = [
        (method, *(LABELS[name].with_interval(named[name]) for name in metrics))
        for method in report.methods(setting)
        for named in (report.estimates[Cell(method, setting)],)
    ]
    return (heading, *rows)


def _differences(
    report: ComparisonReport, setting: Setting, metrics: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    heading = ("method", *(LABELS[name].title for name in metrics))
    rows = [
        (method, *(_difference(report, Cell(method, setting), name) for name in metrics))
        for method in report.methods(setting)
        if method != report.plan.reference
    ]
    return (heading, *rows)


def _difference(report: ComparisonReport, cell: Cell, metric: str) -> str:
    contrast = report.contrasts[cell][metric]
    told = LABELS[metric].signed.with_interval(contrast.difference)
    return f"{told} {chance(contrast.adjusted)}".rstrip()


def _costs(report: ComparisonReport, setting: Setting) -> tuple[tuple[str, ...], ...]:
    heading = ("method", *(LABELS[name].title for name in COSTS))
    rows = [
        (method, *(LABELS[name].written(named[name].value) for name in COSTS))
        for method in report.methods(setting)
        for named in (report.estimates[Cell(method, setting)],)
    ]
    return (heading, *rows)


def _frontiers(
    report: ComparisonReport, setting: Setting, quality: str
) -> tuple[tuple[str, ...], ...]:
    heading = ("method", *(LABELS[name].title for name in COSTS))
    standing = {
        (point.method, cost): f"{'on' if point.on_frontier else 'off'} {point.support:.2f}"
        for cost in COSTS
        for point in report.frontiers[Plane(setting, quality, cost)]
    }
    rows = [
        (method, *(standing.get((method, cost), "-") for cost in COSTS))
        for method in report.methods(setting)
    ]
    return (heading, *rows)

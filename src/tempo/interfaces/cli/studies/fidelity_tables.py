"""A fidelity study as plain tables: rules down, depths across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.fidelity.figures import Cell
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.fidelity.report import FidelityReport

TABLES = (
    ("kl", "KL(exact || readout), nats", ".4f"),
    ("kl_minus_first", "KL minus that of the first rule, paired", "+.4f"),
    ("kl_minus_beam", "KL minus that of an exact beam of the same rows, paired", "+.4f"),
    ("kl_minus_single", "KL minus that of the single greedy path, paired", "+.4f"),
    ("tv", "total variation", ".4f"),
    ("best_first", "the lattice's best path is the exact best path (share of contexts)", ".3f"),
    ("best_in_5", "the exact best path is among the lattice's 5 best", ".3f"),
    ("best_in_10", "the exact best path is among the lattice's 10 best", ".3f"),
    ("spearman", "Spearman's correlation of path scores, lattice against exact", ".3f"),
    ("kept_mass", "mass covered, by the run's own account", ".3f"),
    ("exact_mass", "mass covered, under the plain model", ".3f"),
    ("beam_kl", "baseline: KL of an exact beam of the same rows", ".4f"),
    ("single_kl", "baseline: KL of the single greedy path", ".4f"),
)
"""Metric, title and format of every table, in the order of printing."""

COUNTS = (("width", "rows read, mean"), ("paths", "paths enumerated, mean"))
LONGEST_PROMPT = 60


def report_lines(report: FidelityReport) -> Iterator[str]:
    """Yield the lines of a report: by threshold every table, then what was left out."""
    for threshold in report.plan.thresholds:
        yield _heading(report, threshold)
        for metric, title, form in TABLES:
            yield ""
            yield title
            yield from columns(_rows(report, threshold, metric, form))
        for metric, title in COUNTS:
            yield ""
            yield title
            yield from columns(_rows(report, threshold, metric, ""))
        yield ""
    yield from left_out_lines(report)


def left_out_lines(report: FidelityReport) -> Iterator[str]:
    """Yield how many contexts would have passed the budget, and name each."""
    budget = report.plan.budget
    for threshold in report.plan.thresholds:
        for depth in report.plan.depths:
            left_out = report.left_out(threshold, depth)
            yield (
                f"left out at threshold {threshold:g}, depth {depth}, more than {budget} paths: "
                f"{len(left_out)} of {len(report.contexts)} contexts"
            )
            for context in left_out:
                most = max(over.paths for over in context.overruns if over.cell.depth == depth)
                prompt = context.prompt[:LONGEST_PROMPT]
                yield f"  {context.number}: {prompt!r} ({most} paths)"


def _heading(report: FidelityReport, threshold: float) -> str:
    measured = len(report.contexts)
    stopped = f" (stopped, {report.prompts} asked for)" if measured < report.prompts else ""
    return (
        f"== threshold {threshold:g}, at most {report.plan.width} wide, {measured} "
        f"contexts{stopped}; means with 95 % bootstrap intervals"
    )


def _rows(report: FidelityReport, threshold: float, metric: str, form: str) -> list[list[str]]:
    depths = report.plan.depths
    rows = [["rule", *(f"depth {depth}" for depth in depths)]]
    for rule in report.plan.rules:
        cells = [Cell(rule.name, threshold, depth) for depth in depths]
        rows.append([rule.name, *(shown(report.estimates[cell][metric], form) for cell in cells)])
    return rows

"""A study of pruning as plain tables: scores down, superpositions across; then the texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.pruning.findings import SIZES, Cell
from tempo.application.studies.pruning.report import MINUS_NONE
from tempo.application.studies.pruning.scores import RULES, SCORES
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.studies.pruning.report import PruningReport

RANKED = (
    ("best", "the score's best is the truly best candidate (share of sets)"),
    ("worst", "the score's worst is the truly worst candidate"),
    ("spearman", "Spearman's correlation of score and exact share"),
)
JUDGED = (
    ("keeps_best", "the rule keeps the truly best candidate, at its default thresholds"),
    ("drops_worst", "the rule drops the truly worst candidate"),
    ("dropped", "share of the candidates that the rule drops"),
    ("dropped_mass", "exact share of the paths that it drops"),
    ("wrong_mass", "the same, less that of as many truly worst candidates"),
)
"""Metric and title of every table, in the order of printing; the latter for rules alone."""

TEXTS = (
    ("log_probability", "log-probability per token", ".4f"),
    ("log_probability" + MINUS_NONE, "minus none", "+.4f"),
    ("live_rows", "live rows", ".1f"),
    ("live_rows" + MINUS_NONE, "minus none", "+.1f"),
    ("peak_rows", "peak rows", ""),
    ("token_rows", "rows fed", ""),
    ("freed_rows", "freed by pruning", ""),
    ("pruned", "candidates gone", ""),
)
"""Metric, title and format of every column; without a format the mean stands alone."""


def pruning_lines(report: PruningReport) -> Iterator[str]:
    """Yield the lines of a report: by lag and size of set every table, then the texts."""
    yield (
        f"== {len(report.contexts)} contexts{_stopped(report)}, {report.plan.sets} sets each at "
        f"threshold {report.plan.threshold:g}, at most {report.plan.width} wide; means over "
        "contexts with 95 % bootstrap intervals"
    )
    for lag in report.plan.lags:
        for size in SIZES:
            yield from _judged_lines(report, lag, size)
    if report.plan.variants:
        yield from _text_lines(report)
    yield ""
    yield from _left_out_lines(report)


def _stopped(report: PruningReport) -> str:
    measured = len(report.contexts)
    return f" (stopped, {report.prompts} asked for)" if measured < report.prompts else ""


def _judged_lines(report: PruningReport, lag: int, size: str) -> Iterator[str]:
    rules = [rule.name for rule in report.plan.rules]
    counts = ", ".join(f"{rule} {report.sets(rule, lag, size)}" for rule in rules)
    yield ""
    yield f"-- lag {lag}, sets of {size} candidates: {counts}"
    if not any(report.sets(rule, lag, size) for rule in rules):
        return
    for tables, scores in ((RANKED, SCORES), (JUDGED, tuple(RULES))):
        for metric, title in tables:
            yield ""
            yield title
            yield from columns(_rows(report, lag, size, metric, scores))


def _rows(
    report: PruningReport, lag: int, size: str, metric: str, scores: Sequence[str]
) -> list[list[str]]:
    rules = [rule.name for rule in report.plan.rules]
    rows = [["score", *rules]]
    for score in scores:
        cells = [Cell(rule, lag, size, score) for rule in rules]
        rows.append([score, *(shown(report.rankings[cell][metric], ".3f") for cell in cells)])
    return rows


def _text_lines(report: PruningReport) -> Iterator[str]:
    texts = report.plan.texts
    for superposition in texts.superpositions:
        yield ""
        yield (
            f"-- texts of {texts.steps} tokens under {superposition}, threshold "
            f"{texts.threshold:g}, {len(report.continued)} contexts: the best of {texts.count} "
            "rescored, and the output's cache rows"
        )
        rows = [["pruning", *(title for _, title, _ in TEXTS)]]
        for variant, named in report.texts.items():
            if variant.superposition == superposition:
                cells = [shown(named[metric], form) for metric, _, form in TEXTS]
                rows.append([variant.strength, *cells])
        yield from columns(rows)


def _left_out_lines(report: PruningReport) -> Iterator[str]:
    """Yield how many judgements would have passed the budget."""
    for lag in report.plan.lags:
        counts = ", ".join(
            f"{rule.name} {report.left_out(rule.name, lag)}" for rule in report.plan.rules
        )
        yield f"left out at lag {lag}, more than {report.plan.budget} paths: {counts}"

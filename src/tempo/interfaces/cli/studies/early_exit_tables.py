"""A study of early exit as plain tables: rules down, figures across."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.early_exit.policies import Work
from tempo.domain.early_exit import NEVER
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.early_exit.policies import Policy
    from tempo.application.studies.early_exit.report import EarlyExitReport

TITLES = {
    Work.TEXT: "greedy text, exits at all exit layers",
    Work.CHEAPEST: "greedy text, exits where the fewest weights are read",
    Work.EACH: "parallel sets, each row leaves by itself",
    Work.SET: "parallel sets, a set leaves by its slowest row",
}


def early_exit_lines(report: EarlyExitReport) -> Iterator[str]:
    """Yield the lines of a report."""
    measured = len(report.measured)
    done = len(report.held) + measured
    stopped = f" (stopped, {report.texts} asked for)" if done < report.texts else ""
    yield (
        f"== {len(report.held)} texts to calibrate on, {measured} to measure on{stopped}; "
        "means with 95 % bootstrap intervals over texts"
    )
    yield ""
    yield from _layers(report)
    for work, title in TITLES.items():
        yield ""
        yield f"-- {title}"
        yield ""
        yield from _figures(report, work)
    yield ""
    yield "-- share of rows that leave after each layer"
    yield ""
    yield from _exits(report)
    yield ""
    yield "-- the text that a rule writes by itself, beside that of the full model"
    yield ""
    yield from _free(report)


def _layers(report: EarlyExitReport) -> Iterator[str]:
    cost, watched = report.cost, report.watched
    yield from columns(
        [
            ["after layer", *map(str, watched.layers), f"{cost.depth}, the last"],
            ["says what the full model says", *_shares(watched.raw_agreement()), "1.000"],
        ]
    )
    yield ""
    yield (
        f"weights: {cost.layer:,} a layer, of which {cost.carried:,} make the keys and values "
        f"that a skipped layer still needs; {cost.head:,} the head"
    )
    yield (
        "rows that left as soon as they are right, at no cost of finding out, would read "
        f"{watched.foresight(cost):.2f} times fewer"
    )
    yield f"rows of a pass of parallel sets: {shown(report.width, '.2f')}"


def _figures(report: EarlyExitReport, work: Work) -> Iterator[str]:
    own = [one for one in report.policies if one.work is work]
    heads = ["rule", "exits at", "agreement", "nats lost a row", "speed", "weights say"]
    yield from columns([heads, *(_row(report, one) for one in own)])


def _row(report: EarlyExitReport, policy: Policy) -> list[str]:
    name = f"{policy.criterion.value}, {policy.level:g}"
    if not policy.exits:
        return [name, "none", "-", "-", "-", f"{policy.promised.speed:.2f}"]
    layers = [str(one.layer) for one in policy.rule.layers if one.threshold < NEVER]
    figures = report.estimates[policy.name]
    cells = [shown(figures[metric], ".3f") for metric in ("agreement", "lost", "speed")]
    return [name, " ".join(layers), *cells, f"{policy.promised.speed:.2f}"]


def _exits(report: EarlyExitReport) -> Iterator[str]:
    heads = ["rule", *map(str, range(1, report.cost.depth + 1))]
    rows = [[one.name, *_shares(report.exits(one))] for one in report.policies if one.exits]
    yield from columns([heads, *rows])


def _free(report: EarlyExitReport) -> Iterator[str]:
    steps = report.plan.steps
    heads = ["rule", "same text", f"tokens alike of {steps}", "nats lost a token"]
    metrics = (("same", ".3f"), ("common", ".1f"), ("lost_free", ".3f"))
    rows = [
        [
            f"{one.criterion.value}, {one.level:g}",
            *(shown(report.estimates[one.name][metric], form) for metric, form in metrics),
        ]
        for one in report.policies
        if one.exits and one.writes
    ]
    yield from columns([heads, *rows])


def _shares(values: tuple[float, ...]) -> list[str]:
    return [f"{value:.3f}" for value in values]

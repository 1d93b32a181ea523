"""An ambiguity study as plain tables: methods down, depths across."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.ambiguity.figures import AT_THE_ANSWER, Cell
from tempo.application.studies.ambiguity.report import KL_DIFFERENCE
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.ambiguity.plan import Injection
    from tempo.application.studies.ambiguity.report import AmbiguityReport

TABLES = (
    ("kl", "KL(exact mixture || readout), nats", ".3f"),
    (KL_DIFFERENCE, "KL minus that of the embedding mixture, paired", "+.3f"),
    ("kl_stated", "KL to the mixture at the weights stated, nats", ".3f"),
    ("weight", "weight of the first run, recovered by least squares", ".3f"),
    ("weight_error", "its distance from that of the exact mixture", ".3f"),
    ("beside", "distance from the nearest mixture of the runs, share of theirs", ".3f"),
    ("share", "share of the first of the two next tokens", ".3f"),
    ("share_error", "its distance from that of the exact mixture", ".3f"),
    ("mass", "probability of the two next tokens together", ".3f"),
)
"""Metric, title and format of every table."""

EXACT = (
    ("exact_weight", "weight of the first run in the exact mixture"),
    ("exact_mass", "probability of the two next tokens together, exact"),
    ("distance", "total variation between the two runs"),
)
"""The same for what does not depend on the method."""


def ambiguity_lines(report: AmbiguityReport) -> Iterator[str]:
    """Yield the lines of a report: by injection and weight every table."""
    measured = len(report.contexts)
    stopped = f" (stopped, {report.prompts} asked for)" if measured < report.prompts else ""
    yield f"== {measured} contexts{stopped}; means with 95 % bootstrap intervals"
    if report.left_out:
        yield f"left out, since their words are several tokens here: {report.left_out} contexts"
    for injection in report.plan.injections:
        for weight in report.plan.weights:
            yield from _tables(report, injection, weight)


def _tables(report: AmbiguityReport, injection: Injection, weight: float) -> Iterator[str]:
    depths = report.depths(injection)
    first = report.methods[0]
    counts = [
        report.estimates[Cell(injection.value, weight, first, depth)]["kl"].contexts
        for depth in depths
    ]
    names = ["the answer" if depth == AT_THE_ANSWER else f"depth {depth}" for depth in depths]
    yield ""
    yield f"-- {injection.value}, weights {weight:g} and {1 - weight:g}"
    yield ""
    rows = [["", *names], ["contexts", *map(str, counts)]]
    for metric, title in EXACT:
        rows.append([title, *_cells(report, (injection, weight, first), metric, ".3f")])
    yield from columns(rows)
    for metric, title, form in TABLES:
        named = [
            [method, *_cells(report, (injection, weight, method), metric, form)]
            for method in report.methods
        ]
        if all(cell == "-" for _, *cells in named for cell in cells):
            continue
        yield ""
        yield title
        yield from columns([["method", *names], *named])


def _cells(
    report: AmbiguityReport, where: tuple[Injection, float, str], metric: str, form: str
) -> list[str]:
    injection, weight, method = where
    found = [
        report.estimates[Cell(injection.value, weight, method, depth)][metric]
        for depth in report.depths(injection)
    ]
    return [shown(one, form) if math.isfinite(one.value) else "-" for one in found]

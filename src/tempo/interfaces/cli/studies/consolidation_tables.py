"""A consolidation study as plain tables: variants down, what was measured of them across."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.consolidation.figures import Measure
from tempo.application.studies.consolidation.plan import DOCUMENTS, DOCUMENTS_PROMPT, Comparison
from tempo.application.studies.consolidation.report import verdict
from tempo.interfaces.cli.studies.telling import columns, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.studies.consolidation.report import ConsolidationReport
    from tempo.application.studies.intervals import Estimate

TITLES = {
    Measure.READING: "held-out passages, teacher-forced",
    Measure.RECALL: "planted facts, asked for after they left",
    Measure.WRITING: "greedy texts behind held-out prompts",
}
SHOWN = {
    Measure.READING: (("nll", "nats a token"), ("entropy", "own entropy, nats")),
    Measure.RECALL: (("right", "right"), ("share", "share of the answer")),
    Measure.WRITING: (
        ("nll", "nats a token by the plain model"),
        ("repeated", "share repeated"),
        ("entropy", "own entropy, nats"),
    ),
}
"""By measure: the metrics, and what the table calls them."""

JUDGED = {
    Measure.READING: (("nll", "nats a token"),),
    Measure.RECALL: (("right", "right"), ("share", "share of the answer")),
    Measure.WRITING: (("nll", "nats a token by the plain model"), ("repeated", "share repeated")),
}
"""The same for differences: never the entropy of own predictions."""


def consolidation_lines(report: ConsolidationReport) -> Iterator[str]:
    """Yield the lines of a report: by measure the means, then the paired differences."""
    stopped = len(report.parts) < report.asked_for
    state = f" (stopped after {len(report.parts)} of {report.asked_for} parts)" if stopped else ""
    yield f"== means with 95 % bootstrap intervals over documents, differences paired{state}"
    for measure in SHOWN:
        if measure.value in report.estimates:
            yield from _measure(report, measure)
    if report.once():
        yield from _once(report)


def _measure(report: ConsolidationReport, measure: Measure) -> Iterator[str]:
    found = report.estimates[measure.value]
    count = max(one.contexts for named in found.values() for one in named.values())
    yield ""
    yield f"-- {TITLES[measure]}: {count} documents"
    yield ""
    perplexity = measure is Measure.READING
    first = ["perplexity"] if perplexity else []
    names = [title for _, title in SHOWN[measure]]
    rows = [["variant", *first, *names, "change of weights"]]
    for variant, named in found.items():
        cells = [_exp(named["nll"])] if perplexity else []
        cells += [shown(named[metric], ".3f") for metric, _ in SHOWN[measure]]
        rows.append([variant, *cells, f"{named['changed'].value:.4f}"])
    yield from columns(rows)
    for metric, title in JUDGED[measure]:
        yield ""
        yield f"differences: {title}"
        compared = report.differences[measure.value].items()
        rows = [["one less the other", "difference", "says"]]
        for comparison, named in compared:
            one = named[metric]
            name = f"{comparison.one} less {comparison.other}"
            rows.append([name, shown(one, "+.4f"), verdict(one)])
        yield from columns(rows)


def _once(report: ConsolidationReport) -> Iterator[str]:
    """Yield the documents' own condition: one text a side, so that nothing follows from it."""
    found = report.once()
    yield ""
    yield f"-- the documents' own condition: {DOCUMENTS_PROMPT!r}, one text a side, no interval"
    yield ""
    rows = [["variant", "mean entropy, nats", "perplexity of its text by the plain model"]]
    for variant, (figures, _) in found.items():
        rows.append([variant, f"{figures['entropy']:.4f}", f"{math.exp(figures['nll']):.3f}"])
    yield from columns(rows)
    if set(DOCUMENTS) <= set(found):
        before, after = (found[name][0]["entropy"] for name in DOCUMENTS)
        yield f"change of the entropy: {100 * (after / before - 1):+.2f} %"
        yield from _true_perplexity(report)
    for variant, (_, text) in found.items():
        yield f"{variant}: {text!r}"


def _true_perplexity(report: ConsolidationReport) -> Iterator[str]:
    """Yield what the same two windows come to on held-out text."""
    compared = report.differences.get(Measure.READING.value, {})
    named = compared.get(Comparison(DOCUMENTS[1], DOCUMENTS[0]))
    if named is not None:
        one = named["nll"]
        change = ", ".join(
            f"{100 * (math.exp(value) - 1):+.2f}" for value in (one.value, one.low, one.high)
        )
        yield (
            f"change of the perplexity of held-out passages, with its interval: {change} % "
            f"({verdict(one)})"
        )


def _exp(nll: Estimate) -> str:
    return f"{math.exp(nll.value):.2f} [{math.exp(nll.low):.2f}, {math.exp(nll.high):.2f}]"

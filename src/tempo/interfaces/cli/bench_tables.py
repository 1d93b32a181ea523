"""A speed study as plain tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.studies.speed.report import GREEDY
from tempo.interfaces.cli.studies.telling import columns, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tempo.application.studies.speed.report import MethodFigures, SpeedReport
    from tempo.application.studies.speed.weights import WeightsReport

GIB, MIB = 1 << 30, 1 << 20


def bench_lines(report: SpeedReport, facts: Mapping[str, object]) -> Iterator[str]:
    """Yield what decided a study, then a table by context, and how costs grow."""
    yield str(facts["command"])
    yield from (listed(name, facts[name]) for name in ("model", "machine", "versions"))
    memory, plan = report.memory, report.plan
    if facts["random_weights"]:
        yield "The contexts end beyond the model's: its shape was timed with random weights."
    yield (
        f"memory: weights {memory.weight_bytes / GIB:.3f} GiB, {memory.row_bytes:,} bytes a cache "
        f"row, read at {memory.bandwidth / GIB:.1f} GiB a second, peak "
        f"{memory.peak_bytes / GIB:.2f} GiB"
    )
    yield f"medians of {plan.rounds} rounds of {plan.steps} steps, one more round before them"
    for context in plan.contexts:
        yield ""
        yield f"== after {context:,} tokens"
        yield from columns(_by_method(report, context))
    yield ""
    yield "== where a step goes, milliseconds"
    yield from columns(_parts(report))
    yield ""
    first = plan.widths[0]
    yield f"== growth: a step beside width {first}, and beside the shortest context"
    yield from columns(_growth(report))
    if report.batches:
        yield ""
        yield f"== prompts at once, each at width {plan.batch_width}"
        yield from columns(_batches(report))
    yield ""
    yield from _remarks(report)


def weights_lines(report: WeightsReport) -> Iterator[str]:
    """Yield a table of weights of several types, each held against the first."""
    first = report.figures[0]
    widths = list(first.milliseconds)
    yield ""
    yield f"== types of weights: milliseconds a step after {report.context:,} tokens (of the first)"
    rows = [["weights", "MiB", *(f"width {width}" for width in widths)]]
    for one in report.figures:
        cells = [
            f"{one.median(width):.2f} ({one.median(width) / first.median(width):.2f})"
            for width in widths
        ]
        rows.append([one.name, f"{one.weight_bytes / MIB:.1f}", *cells])
    yield from columns(rows)
    yield ""
    yield f"== what they lose: nats a token over {report.tokens:,} tokens of story openings"
    losses = [["weights", "mean loss", "standard error", "worst", "same greedy token"]]
    for one in report.figures:
        loss = one.loss
        figures = (f"{loss.mean:.5f}", f"{loss.error:.5f}", f"{loss.worst:.4f}")
        losses.append([one.name, *figures, f"{100 * loss.same_greedy:.2f} %"])
    yield from columns(losses)


def _by_method(report: SpeedReport, context: int) -> list[list[str]]:
    rows = [["method", "median ms", "least", "most", "of greedy", "of the memory floor"]]
    for one in report.figures:
        if one.context == context:
            share = report.of_greedy(one)
            rows.append([
                one.method, f"{one.median:.2f}", f"{one.least:.2f}", f"{one.most:.2f}",
                "-" if share is None else f"{share:.2f}",
                f"{one.median / report.floor(one):.2f}",
            ])  # fmt: skip
    return rows


def _parts(report: SpeedReport) -> list[list[str]]:
    rows = [["after, width", "model", "extraction", "domain", "formatting (beside them)"]]
    for one in _steps(report):
        parts = [one.part(name) for name in ("model", "extraction", "domain", "formatting")]
        name = f"{one.context:,}, {one.method.removeprefix('width ')}"
        rows.append([name, *(f"{part:.2f}" for part in parts)])
    return rows


def _growth(report: SpeedReport) -> list[list[str]]:
    contexts = report.plan.contexts
    rows = [["width", *(f"after {context:,}" for context in contexts), "longest of shortest"]]
    for width in report.plan.widths:
        found = [report.of(context, f"width {width}") for context in contexts]
        first = [report.of(context, f"width {report.plan.widths[0]}") for context in contexts]
        cells = [
            "-" if one is None or base is None else f"{one.median / base.median:.2f}"
            for one, base in zip(found, first, strict=True)
        ]
        start, end = found[0], found[-1]
        whole = "-" if start is None or end is None else f"{end.median / start.median:.2f}"
        rows.append([str(width), *cells, whole])
    return rows


def _batches(report: SpeedReport) -> list[list[str]]:
    rows = [["prompts", "steps a second", "of the first"]]
    first = report.steps_a_second(next(iter(report.batches)))
    for size in report.batches:
        found = report.steps_a_second(size)
        rows.append([str(size), f"{found:.0f}", f"{found / first:.2f}"])
    return rows


def _remarks(report: SpeedReport) -> Iterator[str]:
    if report.same_tokens is not None:
        same = "the tokens" if report.same_tokens else "NOT the tokens"
        yield f"width 1 chose {same} that greedy decoding chose"
    for method, reason in report.failed.items():
        yield f"{method} did not run: {reason}"
    if report.plan.contexts[-1] > report.plan.contexts[0]:
        yield "baselines other than greedy are timed after 1,024 tokens at most"
    yield f"greedy is {GREEDY.removesuffix(', greedy')}' own generate, on from a filled cache"


def _steps(report: SpeedReport) -> Iterator[MethodFigures]:
    return (one for one in report.figures if one.method.startswith("width "))

"""A batch as text: one prompt under several thresholds, what failed, and where all of it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.interfaces.cli.control_characters import readable
from tempo.interfaces.cli.rendering import one_line
from tempo.interfaces.cli.studies.telling import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.batches.lines import Line

TOLD = 20
"""Failed results that are told with their reasons."""


def sweep_lines(lines: Sequence[Line]) -> Iterator[str]:
    """Yield a table of one prompt's results, a row for each threshold; the text stands last."""
    done = [line for line in lines if "error" not in line]
    rows = [("threshold", "width", "log-prob", "per token", "rows")]
    for line in done:
        score, steps = line["log_probability"], max(line["steps"], 1)
        rows.append(
            (
                f"{line['threshold']:g}",
                f"{line['mean_width']:.2f}",
                f"{score:.3f}",
                f"{score / steps:.3f}",
                str(line["cost"]["peak_cache_rows"]),
            )
        )
    texts = ["text", "----", *(one_line(line["text"]) for line in done)]
    for row, text in zip(columns(rows), texts, strict=True):
        yield f"{row}  {text}"


def failure_lines(lines: Sequence[Line], file: str) -> Iterator[str]:
    """Yield which results failed and why; nothing where none did."""
    failed = [line for line in lines if "error" in line]
    if not failed:
        return
    yield f"tempo: {len(failed)} of {len(lines)} results failed"
    for line in failed[:TOLD]:
        yield f"  {_named(line)}: {readable(' '.join(line['error'].split()))}"
    if len(failed) > TOLD:
        yield f"  and {len(failed) - TOLD} more, each with its reason in {file}"


def _named(line: Line) -> str:
    """Return what a user finds a result's prompt by."""
    place = "the prompt" if line["line"] is None else f"line {line['line']}"
    return f"{place}, threshold {line['threshold']:g}" if "threshold" in line else place

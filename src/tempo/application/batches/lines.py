"""A line of a batch's results: one prompt under one threshold, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tempo.domain.text import bracketed_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.application.batches.plan import Job
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.n_best import NBestText

Line = dict[str, Any]
"""As JSON holds it."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What came of a job that went well.

    Attributes:
        outcome: the run.
        log_probability: of its text's tokens under the plain model, teacher-forced, in nats.
        texts: the best texts, best first.
        samples: texts drawn from the posterior.
    """

    outcome: Outcome
    log_probability: float
    texts: Sequence[NBestText]
    samples: Sequence[str]


def line_of(job: Job, found: Decoded, lattice: str | None) -> Line:
    """Return the line of a job that went well; `lattice` is the file that holds it, if one does.

    What a clock says is not in it: the same batch gives the same lines.
    """
    outcome = found.outcome
    steps = outcome.lattice.steps
    return {
        **_asked(job),
        "text": outcome.text,
        "bracketed": bracketed_text(steps[: len(outcome.best)]),
        "log_probability": found.log_probability,
        "finished": outcome.finished,
        "finish_reason": outcome.reason.value,
        "finished_mass": outcome.finished_mass,
        "steps": len(steps),
        "mean_width": sum(step.width for step in steps) / len(steps) if steps else 0.0,
        "n_best": [_text_line(text) for text in found.texts],
        **({"samples": list(found.samples)} if found.samples else {}),
        "cost": {
            "passes": outcome.cost.passes,
            "token_rows": outcome.cost.token_rows,
            "cache_rows": outcome.cost.cache_rows,
            "peak_cache_rows": outcome.cost.peak_cache_rows,
            "released_rows": outcome.cost.released_rows,
        },
        **({"lattice": lattice} if lattice is not None else {}),
    }


def failed_line(job: Job, reason: str) -> Line:
    """Return the line of a job that failed, with why."""
    return {**_asked(job), "error": reason}


def is_line_of(job: Job, line: Mapping[str, Any]) -> bool:
    """Whether a line is of this job."""
    asked = _asked(job)
    return ("text" in line or "error" in line) and all(
        name in line and line[name] == value for name, value in asked.items()
    )


def _asked(job: Job) -> Line:
    swept = {} if job.threshold is None else {"threshold": job.threshold}
    return {**job.facts, **swept}


def _text_line(text: NBestText) -> Line:
    return {
        "text": text.text,
        "token_ids": list(text.token_ids),
        "log_probability": text.log_probability,
        "mean_log_probability": text.mean_log_probability,
        "text_log_probability": text.text_log_probability,
        "share": text.share,
        "finished": text.finished,
        "value": text.value,
    }

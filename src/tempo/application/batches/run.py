"""The use-case: decode many prompts batch by batch, and keep each line as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tempo.application.batches.items import BatchItem
from tempo.application.batches.lines import Decoded, failed_line, line_of
from tempo.application.n_best import tried_texts
from tempo.application.prompting import Prompt
from tempo.application.settings.reading import build_request
from tempo.domain.errors import InvalidValueError, TempoError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tempo.application.batches.lines import Line
    from tempo.application.batches.plan import BatchPlan, Job
    from tempo.application.decoding.many import GenerateMany
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.n_best import NBest, NBestText
    from tempo.application.path_scores import PathScores
    from tempo.application.settings.settings import Settings
    from tempo.application.studies.keeping import Kept
    from tempo.domain.ports.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Asked:
    """A job as the model is asked.

    Attributes:
        job: the prompt and its threshold.
        settings: what it is decoded by.
        request: the same for the model.
    """

    job: Job
    settings: Settings
    request: GenerationRequest


class LatticeShelf(Protocol):
    """Where the lattices of a batch are put."""

    def put(self, asked: Asked, outcome: Outcome) -> str:
        """Keep what a job left; return what the line of results calls it.

        Raises:
            OutputError: if it cannot be kept.
        """
        ...


class BatchRun:
    """Decode the jobs of a batch, some at a time, each as if it were alone.

    Which jobs share passes is decided by their numbers alone. Rounding depends on what else goes
    through the model, so that a batch broken off and gone on with gives the very lines of an
    unbroken one only if a job meets the same company again.
    """

    def __init__(
        self, many: GenerateMany, n_best: NBest, scores: PathScores, tokenizer: Tokenizer
    ) -> None:
        """Work over one model."""
        self._many = many
        self._n_best = n_best
        self._scores = scores
        self._tokenizer = tokenizer

    def run(
        self,
        plan: BatchPlan,
        jobs: Sequence[Job],
        kept: Kept[Line],
        shelf: LatticeShelf | None = None,
    ) -> Iterator[tuple[Line, ...]]:
        """Yield the lines of each batch of jobs once they are kept; those that are, at once.

        Whoever stops between two loses nothing. A job that fails has the reason in its line.

        Raises:
            OutputError: if something cannot be kept.
        """
        for first in range(0, len(jobs), plan.together):
            numbers = range(first, min(first + plan.together, len(jobs)))
            if not all(number in kept.held for number in numbers):
                asked = [self._asked(plan, jobs[number]) for number in numbers]
                for number, line in zip(numbers, self._lines(plan, asked, shelf), strict=True):
                    if number not in kept.held:
                        kept.add(number, line)
            yield tuple(kept.held[number] for number in numbers)

    def _asked(self, plan: BatchPlan, job: Job) -> Asked | Line:
        """Return what a job asks of the model; the line of one that can ask nothing."""
        if not isinstance(job.item, BatchItem):
            return failed_line(job, job.item.reason)
        chat = plan.chat
        try:
            settings = plan.asked_of(job.item.settings, job.threshold)
            prompt = Prompt(job.item.prompt.text, chat.system, chat.chat, chat.enable_thinking)
            request = build_request(settings, prompt.encoded(self._tokenizer))
        except InvalidValueError as error:
            return failed_line(job, str(error))
        return Asked(job, settings, request)

    def _lines(
        self, plan: BatchPlan, asked: Sequence[Asked | Line], shelf: LatticeShelf | None
    ) -> Iterator[Line]:
        """Decode what is asked together, and yield the line of each."""
        requests = [one.request for one in asked if isinstance(one, Asked)]
        outcomes = iter(self._many.attempt(requests))
        for one in asked:
            yield self._line(plan, one, next(outcomes), shelf) if isinstance(one, Asked) else one

    def _line(
        self, plan: BatchPlan, asked: Asked, found: Outcome | TempoError, shelf: LatticeShelf | None
    ) -> Line:
        if isinstance(found, TempoError):
            return failed_line(asked.job, str(found))
        try:
            decoded = self._decoded(plan, asked, found)
        except TempoError as error:
            return failed_line(asked.job, str(error))
        return line_of(asked.job, decoded, None if shelf is None else shelf.put(asked, found))

    def _decoded(self, plan: BatchPlan, asked: Asked, outcome: Outcome) -> Decoded:
        scored = self._scores.run(outcome.lattice.prompt_ids, outcome.best_path_ids)
        drawn = plan.samples if outcome.best else 0
        return Decoded(
            outcome,
            scored.log_probability,
            self._texts(plan, outcome),
            outcome.drawn(drawn, asked.settings.seed) if drawn else (),
        )

    def _texts(self, plan: BatchPlan, outcome: Outcome) -> Sequence[NBestText]:
        if not outcome.lattice.steps:
            return ()
        if outcome.search is not None:
            return tried_texts(outcome.search, plan.texts, plan.ranking)
        stops = outcome.request.stopping.stop_bytes
        return self._n_best.run(outcome.lattice, plan.texts, stops, plan.ranking)

"""The main use-case: a prompt in, events while it runs, a lattice and a best path out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tempo.application.decoding.asking import events_of, followed
from tempo.application.decoding.cost import Unobserved
from tempo.application.decoding.outcome import outcome_of
from tempo.application.decoding.settling import (
    SettledText,
    best_end,
    best_hypothesis,
    chain_from,
)
from tempo.application.decoding.telling import told
from tempo.application.decoding.watching import Bounds, RunWatch
from tempo.application.searching.opening import opened
from tempo.domain.errors import CacheBoundError, MemoryBoundError, NonFiniteLogitsError
from tempo.domain.events import RunFinished, RunStarted, StepAppended, TextSettled
from tempo.domain.hypothesis import PathEnd
from tempo.domain.stopping import FinishReason, StopOn

if TYPE_CHECKING:
    from collections.abc import Generator

    from tempo.application.decoding.asking import Asking, Unfolding
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.retained import Forking, RetainedState
    from tempo.domain.events import Event
    from tempo.domain.hypothesis import Hypothesis
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId


class Generation:
    """One run under way. Iterate over its events; its outcome is there at any time."""

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        request: GenerationRequest,
        clustering: Clustering | None = None,
        forking: Forking | None = None,
    ) -> None:
        """Open the run; the prompt goes through the model here, unless there is a beginning."""
        self.request = request
        self.reason: FinishReason | None = None
        self.left: RetainedState | None = None
        self._is_open = True
        self._backend = backend
        self._run = opened(backend, tokenizer, request, clustering, forking)
        self._settled = SettledText(request.stopping.stop_bytes)
        self._outcome: Outcome | None = None
        room = backend.description.context - len(request.prompt_ids)
        self._max_steps = min(request.max_steps, max(1, room))
        self._bounds = Bounds(RunWatch(), request.max_cache_tokens)

    def watched_by(self, watch: RunWatch) -> None:
        """Let someone look on from now on; the prompt has gone through the model.

        Raises:
            MemoryBoundError: if that took all that may be held; the run is closed then.
        """
        self._bounds = Bounds(watch, self.request.max_cache_tokens)
        if watch.observer is not None:
            self._run.meter.observed_by(watch.observer)
        if watch.memory is not None:
            try:
                watch.memory.require_room("with the model and the prompt")
            except MemoryBoundError:
                self.close()
                raise

    def events(self) -> Generator[Event]:
        """Decode until the run ends; closing the iterator cancels it.

        Raises:
            NonFiniteLogitsError: with the outcome so far as its `partial`.
        """
        return events_of(self.unfolding(), self._backend)

    def unfolding(self) -> Unfolding[Event]:
        """Decode as `events` does, for whoever answers what the run asks."""
        try:
            begun = bool(self.request.committed)
            yield RunStarted(self.request.prompt_ids, self._max_steps, more=begun)
            yield from self._committed()
            yield from self._decoded()
            reason = self.reason or FinishReason.CANCELLED
            yield RunFinished(reason, self.outcome().text[len(self._settled.given) :])
        except NonFiniteLogitsError as error:
            self.reason = FinishReason.ERROR
            error.partial = self.outcome()
            raise
        finally:
            self.close()

    def _decoded(self) -> Unfolding[Event]:
        """Decode until there is a reason to stop."""
        while self.reason is None:
            try:
                appended = yield from self._run.decoding()
                unpruned = self._best_end() if self.request.retroactive is not None else None
                judged = yield from self._run.judging()
            except CacheBoundError:
                self.reason = FinishReason.MAX_CACHE_TOKENS
                return
            text = self._settle()  # before anyone asks for the text that goes with the step
            appended = replace(appended, judged=judged)
            yield from told(appended, self._run.pruned, unpruned, self._best_end())
            if text:
                yield TextSettled(text, self._settled.steps)
            self.reason = self._reason_to_stop()

    def _committed(self) -> Generator[Event]:
        """Tell the steps that the run goes on from; their text is settled."""
        count = len(self._run.steps)
        for step in self._run.steps:
            end, more = PathEnd(step.step, 0), step.step + 1 < count
            yield StepAppended(step, self._run.session.cache_rows, 0, best=end, more=more)
        if self._run.steps and (text := self._settle()):
            yield TextSettled(text, self._settled.steps)

    def close(self) -> None:
        """End the run if it goes on, and let go of its cache. The outcome stays.

        So does, in `left`, what others can go on from, where the run was made for it.
        """
        if self.reason is None:
            self.reason = FinishReason.CANCELLED
        self.outcome()
        if self._is_open:
            self._is_open = False
            self.left = self._run.retained()
        self._run.close()

    def retained(self) -> RetainedState | None:
        """Return what others can go on from now, between two events; None once it has ended."""
        return self._run.retained() if self._is_open else None

    def outcome(self) -> Outcome:
        """Return what is decoded so far; final once the run has ended."""
        if self._outcome is not None:
            return self._outcome
        outcome = outcome_of(self._run, self._settled, self.reason or FinishReason.CANCELLED)
        if self.reason is not None:
            self._outcome = outcome
        return outcome

    @property
    def settled_ids(self) -> tuple[TokenId, ...]:
        """The tokens that have settled so far, between two events; all of them can only grow."""
        return self._settled.token_ids

    @property
    def best_path_ids(self) -> tuple[TokenId, ...]:
        """The tokens of the best path so far, between two events."""
        best, steps = self._best(), self._run.steps
        if best is None:
            return ()
        members = chain_from(self._run, best.step, best.member, 0)
        return tuple(
            step.token_set.members[member].token_id
            for step, member in zip(steps, members, strict=False)
        )

    def _settle(self) -> str:
        return self._settled.follow(self._run) if self._run.has_live else ""

    def _best(self) -> Hypothesis | None:
        return best_hypothesis(self._run, self._settled)

    def _best_end(self) -> PathEnd | None:
        return best_end(self._run, self._settled)

    def _reason_to_stop(self) -> FinishReason | None:
        run, stopping = self._run, self.request.stopping
        best_is_finished = False
        if run.finished and (stopping.stop or stopping.stop_on is StopOn.BEST):
            best = self._best()
            best_is_finished = best is not None and best.finished
            if best is not None and best.finished and self._ends_in_stop_string(best):
                return FinishReason.STOP_STRING
        if not run.has_live or stopping.ends(
            run.finished_mass, len(run.finished), best_is_finished
        ):
            best = self._best()
            by_string = best is not None and best.finished and self._ends_in_stop_string(best)
            return FinishReason.STOP_STRING if by_string else FinishReason.END_OF_TEXT
        if run.decoded >= self.request.max_steps:
            return FinishReason.MAX_STEPS
        if not run.has_room:
            return FinishReason.CONTEXT
        spent = self._bounds.memory_is_spent(run.meter.peak_cache_rows)
        return FinishReason.MAX_MEMORY if spent else None

    def _ends_in_stop_string(self, hypothesis: Hypothesis) -> bool:
        return bool(self._run.steps[hypothesis.step].token_set.members[hypothesis.member].content)


class Generate:
    """Decode a prompt under a request."""

    def __init__(
        self,
        backend: ModelBackend,
        tokenizer: Tokenizer,
        clustering: Clustering | None = None,
        watch: RunWatch | None = None,
    ) -> None:
        """Work over any model adapter, its tokenizer, and a clustering where one is asked for.

        `watch` looks on while runs go on.
        """
        self._watch = watch or RunWatch()
        self._backend = backend
        self._tokenizer = tokenizer
        self._clustering = clustering

    def start(self, request: GenerationRequest, forking: Forking | None = None) -> Generation:
        """Return a run whose events the caller draws; `forking` if others may go on from it.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            MemoryBoundError: if the model and the prompt take all the memory that may be held.
        """
        watch = self._watch
        if watch.memory is not None:
            watch.memory.require_room("with the model alone")
        with (watch.observer or Unobserved()).phase("prefill"):
            generation = Generation(
                self._backend, self._tokenizer, request, self._clustering, forking
            )
        generation.watched_by(watch)
        return generation

    def run(self, request: GenerationRequest) -> Outcome:
        """Decode to the end and return the outcome.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            NonFiniteLogitsError: with the outcome so far as its `partial`.
        """
        generation = self.start(request)
        for _ in generation.events():
            pass
        return generation.outcome()

    def asking(self, request: GenerationRequest) -> Asking[Outcome]:
        """Decode as `run` does, for whoever answers what the run asks.

        The prompt goes through the model when the first ask is drawn.
        """
        generation = self.start(request)
        yield from followed(generation.unfolding(), lambda _: False)
        return generation.outcome()

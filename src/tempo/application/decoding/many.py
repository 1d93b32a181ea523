"""Several prompts at once, over passes that they share."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from tempo.application.decoding.generate import Generate
from tempo.domain.errors import InvalidValueError, TempoError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from tempo.application.decoding.asking import Asking
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.decoding.watching import RunWatch
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

T = TypeVar("T")

AT_ONCE = 32
"""Runs that share passes at most; more wait for their turn."""


class Sharing(Protocol):
    """A backend whose passes runs share."""

    def together(self, joining: Iterator[Asking[T] | None]) -> list[Future[T]]:
        """Do runs as they join, in shared passes, until they have ended.

        `joining` gives each run, and None while there is no room for the next. What comes back
        holds what each returned, or its error.
        """
        ...

    def serving(self) -> AbstractContextManager[Callable[[Future[Any]], None]]:
        """Take over the model's work of all threads; what it yields does it until a run is done."""
        ...


class RowBudget:
    """Cache rows that runs under way may need together; runs are let in as they come."""

    def __init__(self, rows: int | None) -> None:
        """Let in runs that need so many rows together at most; None sets no bound."""
        self._rows = rows
        self._taken = 0
        self._runs = 0

    def require(self, requests: Sequence[GenerationRequest]) -> None:
        """Refuse a run that can never be let in.

        Raises:
            InvalidValueError: naming what it needs and what there is.
        """
        for number, request in enumerate(requests):
            if self._rows is not None and rows_needed(request) > self._rows:
                message = (
                    f"prompt {number} may need {rows_needed(request)} cache rows "
                    f"({len(request.prompt_ids)} of the prompt, {_steps_needed(request)}), and "
                    f"max_cache_rows is {self._rows}; raise it, or lower {_lowered(request)}"
                )
                raise InvalidValueError(message)

    def has_room(self, rows: int) -> bool:
        """Whether another run, of so many rows, may begin."""
        return self._runs < AT_ONCE and (self._rows is None or self._taken + rows <= self._rows)

    @contextmanager
    def held(self, rows: int) -> Iterator[None]:
        """Hold a run's rows."""
        self._taken, self._runs = self._taken + rows, self._runs + 1
        try:
            yield
        finally:
            self._taken, self._runs = self._taken - rows, self._runs - 1


def rows_needed(request: GenerationRequest) -> int:
    """Return how many cache rows a run takes at most."""
    if request.search is not None:
        rows = len(request.prompt_ids) + request.search.cache_rows(request.max_steps)
    else:
        rows = len(request.prompt_ids) + request.max_steps * request.selection.max_width
    return rows if request.max_cache_tokens is None else min(rows, request.max_cache_tokens)


def _steps_needed(request: GenerationRequest) -> str:
    """Return what takes rows beside the prompt, in words."""
    if request.search is None:
        return f"{request.max_steps} steps of at most {request.selection.max_width}"
    return f"{request.search.cache_rows(request.max_steps)} of {request.max_steps} steps' search"


def _lowered(request: GenerationRequest) -> str:
    """Return the settings whose lower values take fewer rows."""
    return "max_steps or max_width" if request.search is None else "mcts_simulations or mcts_depth"


class GenerateMany:
    """Decode several prompts at once; each result is that of the prompt by itself (law 8)."""

    def __init__(
        self,
        backend: ModelBackend,
        sharing: Sharing,
        tokenizer: Tokenizer,
        clustering: Clustering | None = None,
        watch: RunWatch | None = None,
    ) -> None:
        """Work over a backend whose passes are shared; `watch` looks on at each run."""
        self._generate = Generate(backend, tokenizer, clustering, watch)
        self._sharing = sharing

    def run(
        self, requests: Sequence[GenerationRequest], max_cache_rows: int | None = None
    ) -> list[Outcome]:
        """Decode all requests; outcomes in their order.

        Raises:
            InvalidValueError: for a request that can never fit into `max_cache_rows`, before any
                has begun.
            NonFiniteLogitsError, PromptError: of the first request that failed, when all others
                are done.
        """
        return [future.result() for future in self._done(requests, max_cache_rows)]

    def attempt(self, requests: Sequence[GenerationRequest]) -> list[Outcome | TempoError]:
        """Decode all requests; outcomes in their order, or the error of one that failed."""
        return [_outcome_or_error(future) for future in self._done(requests, None)]

    def _done(
        self, requests: Sequence[GenerationRequest], max_cache_rows: int | None
    ) -> list[Future[Outcome]]:
        budget = RowBudget(max_cache_rows)
        budget.require(requests)
        return self._sharing.together(self._joining(requests, budget)) if requests else []

    def _joining(
        self, requests: Sequence[GenerationRequest], budget: RowBudget
    ) -> Iterator[Asking[Outcome] | None]:
        """Yield each run once there is room for it."""
        for request in requests:
            while not budget.has_room(rows_needed(request)):
                yield None
            yield self._run(request, budget)

    def _run(self, request: GenerationRequest, budget: RowBudget) -> Asking[Outcome]:
        with budget.held(rows_needed(request)):
            return (yield from self._generate.asking(request))


def _outcome_or_error(done: Future[Outcome]) -> Outcome | TempoError:
    try:
        return done.result()
    except TempoError as error:
        return error

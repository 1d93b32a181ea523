"""Several prompts at once, over passes that they share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Condition
from typing import TYPE_CHECKING, Protocol

from tempo.application.decoding.generate import Generate
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future
    from contextlib import AbstractContextManager

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.ports.clustering import Clustering
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

AT_ONCE = 32
"""Runs that share passes at most; more wait for their turn."""


class Sharing(Protocol):
    """A backend whose passes runs of several threads share."""

    def member(self) -> AbstractContextManager[None]:
        """Be one of the runs that a pass waits for."""
        ...

    def serving(self) -> AbstractContextManager[Callable[[Sequence[Future[Outcome]]], None]]:
        """Take over the model's work of all threads; what it yields does it until runs are done."""
        ...


class RowBudget:
    """Cache rows that runs under way may need together; runs are let in as they come."""

    def __init__(self, rows: int | None) -> None:
        """Let in runs that need so many rows together at most; None sets no bound."""
        self._rows = rows
        self._taken = 0
        self._next = 0
        self._changed = Condition()

    def require(self, requests: Sequence[GenerationRequest]) -> None:
        """Refuse a run that can never be let in.

        Raises:
            InvalidValueError: naming what it needs and what there is.
        """
        for number, request in enumerate(requests):
            if self._rows is not None and rows_needed(request) > self._rows:
                message = (
                    f"prompt {number} may need {rows_needed(request)} cache rows "
                    f"({len(request.prompt_ids)} of the prompt, {request.max_steps} steps of at "
                    f"most {request.selection.max_width}), and max_cache_rows is {self._rows}; "
                    "raise it, or lower max_steps or max_width"
                )
                raise InvalidValueError(message)

    def enter(self, turn: int, rows: int) -> None:
        """Wait for a run's turn and for its rows."""
        with self._changed:
            self._changed.wait_for(lambda: self._next == turn and self._fits(rows))
            self._next += 1
            self._taken += rows
            self._changed.notify_all()

    def leave(self, rows: int) -> None:
        """Give a run's rows back."""
        with self._changed:
            self._taken -= rows
            self._changed.notify_all()

    def _fits(self, rows: int) -> bool:
        return self._rows is None or self._taken + rows <= self._rows


def rows_needed(request: GenerationRequest) -> int:
    """Return how many cache rows a run takes at most."""
    return len(request.prompt_ids) + request.max_steps * request.selection.max_width


class GenerateMany:
    """Decode several prompts at once; each result is that of the prompt by itself (law 8)."""

    def __init__(
        self,
        backend: ModelBackend,
        sharing: Sharing,
        tokenizer: Tokenizer,
        clustering: Clustering | None = None,
    ) -> None:
        """Work over a backend whose passes are shared."""
        self._generate = Generate(backend, tokenizer, clustering)
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
        budget = RowBudget(max_cache_rows)
        budget.require(requests)
        if not requests:
            return []

        def one(turn: int) -> Outcome:
            request = requests[turn]
            budget.enter(turn, rows_needed(request))
            try:
                with self._sharing.member():
                    return self._generate.run(request)
            finally:
                budget.leave(rows_needed(request))

        workers = min(AT_ONCE, len(requests))
        with self._sharing.serving() as serve, ThreadPoolExecutor(workers, "tempo-run") as pool:
            futures = [pool.submit(one, turn) for turn in range(len(requests))]
            serve(futures)
        return [future.result() for future in futures]

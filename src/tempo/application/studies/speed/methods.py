"""What is timed: steps of a run, and whatever else decodes tokens one after another."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from tempo.application.decoding.outcome import outcome_of
from tempo.application.decoding.run import DecodingRun
from tempo.application.decoding.settling import SettledText
from tempo.application.studies.speed.timed_backend import TimedBackend
from tempo.domain.stopping import FinishReason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds a step, and where they went; the parts are 0 where they are not known.

    Attributes:
        total: all of it.
        model: passes.
        extraction: reading their rows.
        formatting: the text and the outcome, by step; not part of `total`.
    """

    total: float
    model: float = 0.0
    extraction: float = 0.0
    formatting: float = 0.0

    @property
    def domain(self) -> float:
        """What is neither model nor extraction: weights, lattice, stopping."""
        return self.total - self.model - self.extraction


class Method(Protocol):
    """Something that decodes a prompt on and on."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    @property
    def chosen(self) -> Sequence[TokenId]:
        """The tokens of its best text, as far as it was decoded last; empty if it does not tell."""
        ...

    def begin(self, prompt: Sequence[TokenId]) -> None:
        """Take a prompt in; what was decoded before is forgotten."""
        ...

    def time(self, steps: int) -> Timing:
        """Decode so many steps or tokens, and time them."""
        ...

    def end(self) -> None:
        """Let go of the memory that the prompt took."""
        ...


class Steps:
    """Steps of one width, from the newest set to the next one told."""

    def __init__(
        self, backend: ModelBackend, tokenizer: Tokenizer, request: GenerationRequest
    ) -> None:
        """Decode as a request says; its prompt is taken in by `begin`."""
        self._backend = TimedBackend(backend)
        self._tokenizer, self._request = tokenizer, request
        self._run: DecodingRun | None = None

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"width {self._request.selection.max_width}"

    @property
    def chosen(self) -> tuple[TokenId, ...]:
        """The tokens of the best path so far."""
        return () if self._run is None else self._outcome(self._run).best_path_ids

    def begin(self, prompt: Sequence[TokenId]) -> None:
        """Take the prompt in; it is the request's."""
        del prompt
        self._run = DecodingRun(self._backend, self._tokenizer, self._request)

    def time(self, steps: int) -> Timing:
        """Decode so many steps, and time them."""
        backend = self._backend
        if self._run is None:
            self.begin(self._request.prompt_ids)
            return self.time(steps)
        backend.model = backend.extraction = 0.0
        start = perf_counter()
        for _ in range(steps):
            self._run.advance()
        decoded = perf_counter()
        self._outcome(self._run)
        told = perf_counter()
        parts = (decoded - start, backend.model, backend.extraction, told - decoded)
        return Timing(*(1000.0 * part / steps for part in parts))

    @staticmethod
    def _outcome(run: DecodingRun) -> Outcome:
        return outcome_of(run, SettledText(()), FinishReason.MAX_STEPS)

    def end(self) -> None:
        """Let go of the cache."""
        if self._run is not None:
            self._run.close()
            self._run = None

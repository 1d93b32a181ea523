"""What a decoding method makes of a prompt: continuations, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class Continuation:
    """One text that a method returns.

    Attributes:
        token_ids: its tokens, the prompt's left out.
        text: what they decode to.
        log_probability: of all its tokens under the model's plain forward, in nats.
        posterior: the share that the method itself gives it among all texts, in [0, 1]; None where
            it says nothing of that.
        is_finished: whether it ended by itself, before the limit.
    """

    token_ids: tuple[TokenId, ...]
    text: str
    log_probability: float
    posterior: float | None
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Cost:
    """What one prompt took; scoring the texts afterwards is not counted.

    Attributes:
        forward_passes: calls of the model.
        token_rows: rows that went through it, the prompt's among them.
        cache_row_reads: rows of the cache that its attention read, summed over the rows that
            read them.
        milliseconds: wall time.
        peak_bytes: the most memory that was taken beyond what the model holds.
    """

    forward_passes: int
    token_rows: int
    cache_row_reads: int
    milliseconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class MethodOutcome:
    """What one method made of one prompt: its continuations, best first, and their cost."""

    continuations: tuple[Continuation, ...]
    cost: Cost


class DecodingMethod(Protocol):
    """A decoder that returns several texts for a prompt."""

    @property
    def name(self) -> str:
        """What tables call it, its settings included: `nucleus 0.9`."""
        ...

    def decode(
        self, prompt: Sequence[TokenId], count: int, max_steps: int, seed: int
    ) -> MethodOutcome:
        """Return at most `count` texts of at most `max_steps` tokens, the same for the same seed.

        Args:
            prompt: at least one token.
            count: texts wanted, from 1 on; greedy decoding returns one whatever it is.
            max_steps: from 1 on.
            seed: of whatever is drawn.
        """
        ...

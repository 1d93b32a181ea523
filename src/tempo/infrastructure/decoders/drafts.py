"""What a decoder is asked for and what it returns, before texts are scored and costs are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted of a prompt.

    Attributes:
        count: texts, from 1 on.
        max_steps: tokens of a text at most, from 1 on.
        min_steps: no text ends by itself before so many tokens; at most `max_steps`.
        seed: of whatever is drawn.
    """

    count: int
    max_steps: int
    min_steps: int
    seed: int


@dataclass(frozen=True, slots=True)
class Draft:
    """One text that a decoder wrote.

    Attributes:
        token_ids: its tokens without the prompt, an end token among them.
        score: what its decoder added up over its tokens; what that is, the decoder says.
        posterior: the share that the decoder gives it among all texts; None where it tells none.
        is_finished: whether it ended by itself.
    """

    token_ids: tuple[int, ...]
    score: float = 0.0
    posterior: float | None = None
    is_finished: bool = False

    @property
    def mean_score(self) -> float:
        """Score per token."""
        return self.score / len(self.token_ids)


class Decoder(Protocol):
    """Writes texts behind a prompt; every pass of the model is its cost."""

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return at most `asked.count` texts, best first by the decoder's own lights."""
        ...


def best(drafts: Sequence[Draft], count: int) -> list[Draft]:
    """Return the drafts of the highest score per token, equal ones in the order given."""
    return sorted(drafts, key=lambda draft: -draft.mean_score)[:count]

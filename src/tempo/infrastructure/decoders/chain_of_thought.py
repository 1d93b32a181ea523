"""Chain-of-thought decoding (Wang and Zhou 2024, arXiv 2402.10200): branch on the first token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.infrastructure.decoders.branches import Writing, items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.decoders.drafts import Asked, Draft
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class ChainOfThought:
    """The most probable first tokens, each decoded on greedily.

    Texts stand by the paper's confidence: how much more probable the best token was than the second
    best, the mean over the answer's tokens. Prompts here have no marked answer, so that all tokens
    behind the branch count; the first, which is not decoded, does not.

    Attributes:
        branches: first tokens, at least; as many as texts are asked for if those are more.
    """

    model: PlainModel
    branches: int

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the texts of highest confidence."""
        writing = Writing(self.model, prompt, asked)
        logs = writing.log_probabilities()[0]
        count = min(max(self.branches, asked.count), int(logs.isfinite().sum()))
        writing.advance([0] * count, logs.topk(count).indices.tolist(), [0.0] * count)
        while writing.is_open:
            tokens = writing.log_probabilities().argmax(-1).tolist()
            top = writing.probabilities().topk(2).values
            writing.advance(range(len(tokens)), tokens, items(top[:, 0] - top[:, 1]))
        return sorted(writing.ended, key=lambda draft: -_confidence(draft))[: asked.count]


def _confidence(draft: Draft) -> float:
    return draft.score / max(1, len(draft.token_ids) - 1)

"""Entropy-gated forking: greedy decoding that forks where the model hesitates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.infrastructure.decoders.branches import Writing, items
from tempo.infrastructure.decoders.drafts import Draft, best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.plain_model import PlainModel

FORK = 2
"""Tokens that a text forks into."""


@dataclass(frozen=True, slots=True)
class EntropyForking:
    """Texts go on greedily, and into their two best tokens where the next one is uncertain.

    As in entropy-gated branching (arXiv 2503.21961), but with the model's own log-probability in
    place of a verifier: where more texts are under way than may be, the best by it stay. Texts
    stand by log-probability per token.

    Attributes:
        threshold: nats of entropy of the next token from which on a text forks.
        most: texts under way at most; as many as texts are asked for if those are more.
    """

    model: PlainModel
    threshold: float
    most: int

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the best texts."""
        most = max(self.most, asked.count)
        writing = Writing(self.model, prompt, asked)
        while writing.is_open:
            proposed = self._proposed(writing)
            proposed.sort(key=lambda one: -(writing.scores[one[0]] + one[2]))
            parents, tokens, gains = zip(*proposed[:most], strict=True)
            writing.advance(parents, tokens, gains)
        return best(writing.ended, asked.count)

    def _proposed(self, writing: Writing) -> list[tuple[int, int, float]]:
        """Return (text, token, log-probability) of everything that could come next."""
        probabilities = writing.probabilities()
        entropies = items(-(probabilities * probabilities.clamp_min(1e-30).log()).sum(-1))
        top = writing.log_probabilities().topk(FORK)
        return [
            (text, int(token), float(gain))
            for text, entropy in enumerate(entropies)
            for token, gain in list(
                zip(top.indices[text].tolist(), top.values[text].tolist(), strict=True)
            )[: FORK if entropy >= self.threshold else 1]
        ]

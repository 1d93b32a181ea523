"""Diverse beam search (Vijayakumar et al. 2018, arXiv 1610.02424), one beam a group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.infrastructure.decoders.branches import Writing
from tempo.infrastructure.decoders.drafts import Draft, best

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class DiverseBeam:
    """Groups that choose one after another at every step and are pushed away from each other.

    The paper's setting with as many groups as beams: each group has one beam, so the first is
    greedy decoding. A token loses the penalty, in nats, for every group before that chose it at
    this step (its Hamming diversity). Texts stand by log-probability per token.

    Attributes:
        groups: texts under way, at least; as many as texts are asked for if those are more.
        penalty: 0 or more; the paper takes 0.2 to 0.8.
    """

    model: PlainModel
    groups: int
    penalty: float

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the best of the groups' texts."""
        groups = max(self.groups, asked.count)
        writing = Writing(self.model, prompt, asked)
        parents = [0] * groups
        while writing.is_open:
            tokens, gains = self._chosen(writing, parents)
            writing.advance(parents, tokens, gains)
            parents = list(range(len(writing.texts)))
        return best(writing.ended, asked.count)

    def _chosen(self, writing: Writing, parents: Sequence[int]) -> tuple[list[int], list[float]]:
        logs = writing.log_probabilities()
        taken = logs.new_zeros(logs.shape[1])
        tokens: list[int] = []
        gains: list[float] = []
        for parent in parents:
            token = int((logs[parent] - self.penalty * taken).argmax())
            taken[token] += 1
            tokens.append(token)
            gains.append(float(logs[parent, token]))
        return tokens, gains

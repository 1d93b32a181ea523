"""The tokens of one path, each with its exact log-probability and with what else was likely."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.proposal import Proposal
    from tempo.domain.tokens import TokenId


@dataclass(frozen=True, slots=True)
class ScoredToken:
    """A token of a path.

    Attributes:
        token_id: the token.
        log_probability: under the plain model after the prompt and the tokens before it, in nats.
        likely: the most probable tokens there with their log-probabilities, best first.
    """

    token_id: TokenId
    log_probability: float
    likely: tuple[tuple[TokenId, float], ...]


class TokenScores:
    """Score a path token by token, teacher-forced: temperature 1, no processors."""

    def __init__(self, backend: ModelBackend) -> None:
        """Work over any model adapter."""
        self._backend = backend

    def run(
        self, prompt: Sequence[TokenId], path: Sequence[TokenId], count: int
    ) -> tuple[ScoredToken, ...]:
        """Return the tokens of a path, each with the `count` most probable in its place.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
        """
        found: list[ScoredToken] = []
        with self._backend.open(prompt, RowRules()) as session:
            for depth, token in enumerate(path):
                if depth:
                    self._backend.extend([(session, [_node(path, depth - 1, len(prompt))])])
                reading = Reading(weights=(1.0,), considered=max(1, count), pairs=((0, token),))
                (proposal,) = self._backend.propose([(session, reading)])
                found.append(_scored(token, proposal, count))
        return tuple(found)


def _scored(token: TokenId, proposal: Proposal, count: int) -> ScoredToken:
    likely = zip(proposal.token_ids, proposal.log_probabilities.tolist(), strict=True)
    return ScoredToken(token, float(proposal.pair_scores[0]), tuple(likely)[:count])


def _node(path: Sequence[TokenId], depth: int, prompt_length: int) -> Node:
    """Return a token of the path behind the one before it."""
    parent = Slot(prompt_length + depth - 1) if depth else None
    return Node(
        token_id=path[depth],
        position=prompt_length + depth,
        slot=Slot(prompt_length + depth),
        parent=parent,
        inherits=() if parent is None else ((parent, 1.0),),
    )

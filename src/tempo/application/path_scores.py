"""How probable a path is, and whether greedy decoding would write it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.proposal import Proposal
    from tempo.domain.tokens import TokenId

LARGEST_PASS = 512
"""Tokens that go through the model in one pass at most."""


@dataclass(frozen=True, slots=True)
class PathScore:
    """A path under the plain model.

    Attributes:
        log_probability: of all its tokens after the prompt, in nats.
        is_greedy: whether each of them is the most probable one in its place, equal ones by id.
    """

    log_probability: float
    is_greedy: bool


class PathScores:
    """Score paths as they are: teacher-forced, temperature 1, no processors."""

    def __init__(self, backend: ModelBackend, largest_pass: int = LARGEST_PASS) -> None:
        """Work over any model adapter."""
        self._backend = backend
        self._largest_pass = largest_pass

    def run(self, prompt: Sequence[TokenId], path: Sequence[TokenId]) -> PathScore:
        """Return what a path after a prompt is worth; one without tokens is certain.

        Raises:
            PromptError: for an empty prompt or one that does not fit the model's context.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        if not path:
            return PathScore(0.0, is_greedy=True)
        with self._backend.open(prompt, RowRules()) as session:
            total, greedy = self._read(session, path[:1], greedy=True)
            for first in range(0, len(path) - 1, self._largest_pass):
                last = min(first + self._largest_pass, len(path) - 1)
                nodes = [_node(path, at, len(prompt)) for at in range(first, last)]
                self._backend.extend([(session, nodes)])
                said, greedy = self._read(session, path[first + 1 : last + 1], greedy=greedy)
                total += said
        return PathScore(total, greedy)

    def _read(
        self, session: DecodingSession, tokens: Sequence[TokenId], *, greedy: bool
    ) -> tuple[float, bool]:
        """Return what the last pass's rows say of a token each, and whether all come first."""
        pairs = tuple(enumerate(tokens))
        total = float(self._propose(session, Reading(pairs=pairs)).pair_scores.sum())
        for row, token in pairs:
            if not greedy:
                break
            weights = tuple(float(other == row) for other, _ in pairs)
            best = self._propose(session, Reading(weights=weights, considered=1))
            greedy = best.token_ids == (token,)
        return total, greedy

    def _propose(self, session: DecodingSession, reading: Reading) -> Proposal:
        (answer,) = self._backend.propose([(session, reading)])
        if not answer.finite:
            raise NonFiniteLogitsError(0)
        return answer


def _node(path: Sequence[TokenId], at: int, prompt_length: int) -> Node:
    """Return a token of the path behind the one before it."""
    parent = Slot(prompt_length + at - 1) if at else None
    return Node(
        token_id=path[at],
        position=prompt_length + at,
        slot=Slot(prompt_length + at),
        parent=parent,
        inherits=() if parent is None else ((parent, 1.0),),
    )

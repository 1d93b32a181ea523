"""The laws of shared positions, held against one model: through its port alone, in a few passes.

The oracle of each is a run of its own, without siblings, that nothing was ever released from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.generate import Generate
from tempo.application.decoding.request import GenerationRequest
from tempo.application.self_check import ROUNDED_BY_OTHERS, TOLERANCE, SelfCheck
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.node import Node
from tempo.domain.proposal import Reading
from tempo.domain.row_rules import RowRules
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.selection import Selection
from tempo.domain.superposition import path_superposition
from tempo.domain.tokens import Slot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray, Proposal
    from tempo.domain.tokens import TokenId

STEPS = 8
"""How far the laws that decode go."""

SHARES = (0.6, 0.4)
"""What two siblings weigh."""

CONSIDERED = 8


@dataclass(frozen=True, slots=True)
class LawReport:
    """What one law came to.

    Attributes:
        number: in the project's list of laws.
        law: what it says.
        difference: the largest seen, in nats of log-probability.
        tolerance: the largest that rounding may explain.
    """

    number: int
    law: str
    difference: float
    tolerance: float

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return self.difference <= self.tolerance


class LawCheck:
    """Hold the laws that a model can break against one."""

    def __init__(self, backend: ModelBackend, tokenizer: Tokenizer) -> None:
        """Check any adapter, through its port alone."""
        self._backend = backend
        self._tokenizer = tokenizer

    def run(self, prompt: Sequence[TokenId], steps: int = STEPS) -> tuple[LawReport, ...]:
        """Hold each law against a prompt.

        Raises:
            PromptError: for an empty prompt, or one that leaves the steps no room.
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        check = SelfCheck(self._backend).run(prompt)
        found = (
            (1, "one token a step is greedy decoding", self._greedy(prompt, steps)),
            (2, "siblings equal runs of their own", max(check.isolation, check.path)),
            (3, "the readout is the mixture of both runs", self._mixture(prompt)),
            (4, "a path's score is that of a run of its own", self._path(prompt, steps)),
            (7, "what was released changes nothing", self._release(prompt)),
            (8, "prompts that share a pass do not matter to each other", self._batch(prompt)),
        )
        tolerance = TOLERANCE.get(self._backend.description.dtype, ROUNDED_BY_OTHERS)
        return tuple(LawReport(*one, tolerance) for one in found)

    def _greedy(self, prompt: Sequence[TokenId], steps: int) -> float:
        """Return how far below the best token of a run of its own any chosen one is."""
        narrow = Selection(ConstantThreshold(1.0), max_width=1, considered=CONSIDERED)
        text = self._decoded(prompt, steps, narrow)
        worst = 0.0
        for length, token in enumerate(text):
            alone = self._alone([*prompt, *text[:length]], token)
            worst = max(worst, float(alone.log_probabilities[0] - alone.pair_scores[0]))
        return worst

    def _decoded(
        self, prompt: Sequence[TokenId], steps: int, selection: Selection
    ) -> tuple[TokenId, ...]:
        request = GenerationRequest(tuple(prompt), max_steps=steps, selection=selection)
        return Generate(self._backend, self._tokenizer).run(request).best_path_ids

    def _mixture(self, prompt: Sequence[TokenId]) -> float:
        """Return the largest difference between the readout and the mixture of separate runs."""
        first, second = self._best_two(prompt)
        nodes = (_node(first, prompt, 0), _node(second, prompt, 1))
        with self._backend.open(prompt, RowRules()) as session:
            self._backend.extend([(session, nodes)])
            readout = self._read(session, Reading(weights=SHARES, considered=CONSIDERED))
        expected = np.logaddexp.reduce(
            [
                np.log(share) + self._scores([*prompt, token], readout.token_ids)
                for share, token in zip(SHARES, (first, second), strict=True)
            ]
        )
        return float(np.abs(readout.log_probabilities - expected).max())

    def _path(self, prompt: Sequence[TokenId], steps: int) -> float:
        """Return how far the score of the best path is from that of separate runs, a token."""
        wide = Selection(ConstantThreshold(0.0), max_width=3, considered=CONSIDERED)
        request = GenerationRequest(
            tuple(prompt), max_steps=steps, selection=wide, superposition=path_superposition()
        )
        outcome = Generate(self._backend, self._tokenizer).run(request)
        worst, last = 0.0, outcome.lattice.steps[-1]
        for member in range(last.width):
            chain = outcome.lattice.chain(last.step, member)
            tokens = [
                step.token_set.members[one].token_id
                for step, one in zip(outcome.lattice.steps, chain, strict=True)
            ]
            alone = sum(
                float(self._scores([*prompt, *tokens[:length]], [token])[0])
                for length, token in enumerate(tokens)
            )
            told = last.token_set.members[member].score
            worst = max(worst, abs(told - alone) / len(tokens))
        return worst

    def _release(self, prompt: Sequence[TokenId]) -> float:
        """Return how much a child's row moves when a sibling that it cannot see has left."""
        first, second = self._best_two(prompt)
        siblings = (_node(first, prompt, 0), _node(second, prompt, 1))
        parent = Slot(len(prompt))
        child = Node(
            second, len(prompt) + 1, Slot(len(prompt) + 2), parent, inherits=((parent, 1.0),)
        )
        rows: list[FloatArray] = []
        asked: tuple[TokenId, ...] = ()
        for leaves in (False, True):
            with self._backend.open(prompt, RowRules()) as session:
                self._backend.extend([(session, siblings)])
                if leaves:
                    session.release([Slot(len(prompt) + 1)])
                self._backend.extend([(session, (child,))])
                asked = asked or self._read(session, _alone_reading()).token_ids
                pairs = tuple((0, token) for token in asked)
                rows.append(self._read(session, Reading(pairs=pairs)).pair_scores)
        return float(np.abs(rows[0] - rows[1]).max())

    def _batch(self, prompt: Sequence[TokenId]) -> float:
        """Return how much a row moves when another prompt goes through the same pass."""
        first, second = self._best_two(prompt)
        other = [*prompt, first, second]
        asked = self._alone([*prompt, first], first).token_ids
        pairs = tuple((0, token) for token in asked)
        with (
            self._backend.open(prompt, RowRules()) as one,
            self._backend.open(other, RowRules()) as two,
        ):
            self._backend.extend(
                [(one, (_node(first, prompt, 0),)), (two, (_node(second, other, 0),))]
            )
            shared, _ = self._backend.propose(
                [(one, Reading(pairs=pairs)), (two, Reading(pairs=pairs))]
            )
        alone = self._scores([*prompt, first], asked)
        return float(np.abs(shared.pair_scores - alone).max())

    def _best_two(self, prompt: Sequence[TokenId]) -> tuple[TokenId, TokenId]:
        first, second, *_ = self._alone(prompt, prompt[0]).token_ids
        return first, second

    def _scores(self, text: Sequence[TokenId], tokens: Sequence[TokenId]) -> FloatArray:
        """Return the log-probability of each token after a text, in a run of its own."""
        return self._alone(text, *tokens).pair_scores

    def _alone(self, text: Sequence[TokenId], *tokens: TokenId) -> Proposal:
        with self._backend.open(text, RowRules()) as session:
            return self._read(session, _alone_reading(tokens))

    def _read(self, session: DecodingSession, reading: Reading) -> Proposal:
        (proposal,) = self._backend.propose([(session, reading)])
        if not proposal.finite:
            raise NonFiniteLogitsError(0)
        return proposal


def _alone_reading(tokens: Sequence[TokenId] = ()) -> Reading:
    pairs = tuple((0, token) for token in tokens)
    return Reading(weights=(1.0,), considered=CONSIDERED, pairs=pairs)


def _node(token: TokenId, prompt: Sequence[TokenId], place: int) -> Node:
    """Return one of the siblings right behind a prompt."""
    return Node(token, len(prompt), Slot(len(prompt) + place))

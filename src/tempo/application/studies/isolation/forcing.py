"""A run of the engine itself over given sets with given weights, and its readout at every depth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.run import DecodingRun
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.proposal import Proposal, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.fidelity.rule import Rule
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId

LEAST = -1e3
"""Log-probability of a token that a row excludes: it is fed all the same."""


@dataclass(frozen=True, slots=True)
class GivenSet:
    """Tokens of a step and their weights, which sum to 1."""

    tokens: tuple[TokenId, ...]
    weights: tuple[float, ...]

    @property
    def reordered(self) -> GivenSet:
        """The same in the opposite order."""
        return GivenSet(self.tokens[::-1], self.weights[::-1])


class ForcedSets:
    """A backend for one run that offers given sets alone, and notes the whole readout.

    What the model says of the members decides from which of those before they descend. The engine
    does all the rest.
    """

    def __init__(
        self, backend: ModelBackend, session: DecodingSession, sets: Sequence[GivenSet]
    ) -> None:
        """Stand before a backend and a session that has read the prompt."""
        self._backend = backend
        self._session = session
        self._sets = (*sets, sets[-1])  # the last set's rows are read to select one more
        self.readouts: list[FloatArray] = []

    @property
    def description(self) -> ModelDescription:
        """Facts about the model."""
        return self._backend.description

    def open(self, prompt: Sequence[TokenId], rules: RowRules) -> DecodingSession:  # noqa: ARG002 - the port's signature
        """Return a copy of the session that has read the prompt."""
        return self._session.fork()

    def extend(self, batch: Sequence[tuple[DecodingSession, Sequence[Node]]]) -> None:
        """Feed the backend behind."""
        self._backend.extend(batch)

    def propose(self, batch: Sequence[tuple[DecodingSession, Reading]]) -> list[Proposal]:
        """Note the readout, and offer the next set."""
        return [self._offer(session, reading) for session, reading in batch]

    def _offer(self, session: DecodingSession, reading: Reading) -> Proposal:
        given = self._sets[len(self.readouts)]
        rows = len(reading.weights)
        pairs = tuple((row, token) for row in range(rows) for token in given.tokens)
        asked = Reading(pairs=pairs, mixtures=(reading.weights,))
        (answer,) = self._backend.propose([(session, asked)])
        if not answer.finite:
            raise NonFiniteLogitsError(len(self.readouts))
        self.readouts.append(answer.mixtures[0])
        stated = np.log(given.weights)
        scores = np.maximum(answer.pair_scores.reshape(rows, -1), LEAST)
        # A column is scaled as a whole, so that its member's parents keep their shares.
        reached = np.logaddexp.reduce(np.log(reading.weights)[:, None] + scores)
        scaled = scores + (stated - reached)
        return Proposal(
            token_ids=given.tokens,
            log_probabilities=stated,
            rows=scaled,
            plain_rows=scaled,
            passing=len(given.tokens),
            passing_mass=1.0,
        )


@dataclass(frozen=True, slots=True)
class Forcing:
    """Runs over given sets behind one prompt.

    Attributes:
        backend: the model.
        tokenizer: its tokenizer.
        session: has read the prompt, and stays as it is.
        prompt: its tokens.
    """

    backend: ModelBackend
    tokenizer: Tokenizer
    session: DecodingSession
    prompt: tuple[TokenId, ...]

    def run(self, rule: Rule, sets: Sequence[GivenSet]) -> FloatArray:
        """Return [depths, vocab] probabilities of the readout after 1, 2, ... of the sets.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        forced = ForcedSets(self.backend, self.session, sets)
        width = max(len(one.tokens) for one in sets)
        run = DecodingRun(
            forced, self.tokenizer, rule.request(self.prompt, (), 0.0, width, len(sets) + 1)
        )
        try:
            for _ in range(len(sets) + 1):
                run.advance()
        finally:
            run.close()
        return np.stack(forced.readouts[1:])

"""A run of the engine itself whose sets and weights are given instead of chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.run import DecodingRun
from tempo.application.studies.ambiguity.plan import Injection
from tempo.domain.errors import NonFiniteLogitsError
from tempo.domain.proposal import Proposal, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.ambiguity.pairs import Pair, Tokens
    from tempo.application.studies.fidelity.rule import Rule
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId

WIDTH = 2

LEAST = -1e3
"""Log-probability of a token that a row excludes: it is injected all the same."""


class InjectingBackend:
    """A backend for one run that offers given sets alone, and notes the whole readout.

    The members of a set have the weights given: what the model says of them only decides from
    which of the members before they descend. The engine does all the rest.
    """

    def __init__(
        self,
        backend: ModelBackend,
        session: DecodingSession,
        sets: Sequence[Tokens],
        weights: tuple[float, float],
        *,
        crossing: bool,
    ) -> None:
        """Stand before a backend and a session that has read the prompt.

        Without `crossing`, a member of a pair descends from the member before in its own place.
        """
        self._backend = backend
        self._session = session
        self._sets = sets
        self._weights = weights
        self._crossing = crossing
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
        tokens = self._sets[len(self.readouts)]
        rows = len(reading.weights)
        pairs = tuple((row, token) for row in range(rows) for token in tokens)
        asked = Reading(pairs=pairs, mixtures=(reading.weights,))
        (answer,) = self._backend.propose([(session, asked)])
        if not answer.finite:
            raise NonFiniteLogitsError(len(self.readouts))
        self.readouts.append(answer.mixtures[0])
        stated = np.log(self._weights if len(tokens) == WIDTH else (1.0,))
        plain = self._stated(answer.pair_scores.reshape(rows, -1), reading.weights, stated)
        return Proposal(
            token_ids=tokens,
            log_probabilities=stated,
            rows=plain,
            plain_rows=plain,
            passing=len(tokens),
            passing_mass=1.0,
        )

    def _stated(
        self, scores: FloatArray, weights: Sequence[float], stated: FloatArray
    ) -> FloatArray:
        """Return [k, m] log-probabilities under which the members have the weights stated.

        A column is scaled as a whole, so that its member's parents keep their shares.
        """
        rows = np.maximum(scores, LEAST)
        if rows.shape == (WIDTH, WIDTH) and not self._crossing:
            rows[~np.eye(WIDTH, dtype=bool)] = -np.inf
        reached = np.logaddexp.reduce(np.log(weights)[:, None] + rows)
        scaled: FloatArray = rows + (stated - reached)
        return scaled


@dataclass(frozen=True, slots=True)
class Injector:
    """Runs behind one prompt.

    Attributes:
        backend: the model.
        tokenizer: its tokenizer.
        session: has read the prompt, and stays as it is.
    """

    backend: ModelBackend
    tokenizer: Tokenizer
    session: DecodingSession

    def run(self, rule: Rule, pair: Pair, injection: Injection, weight: float) -> FloatArray:
        """Return [depths, vocab] probabilities of the readout after 1, 2, ... injected sets.

        Args:
            rule: how earlier tokens are weighed.
            pair: the two continuations of the session's prompt.
            injection: how they come in.
            weight: of the first continuation.

        Raises:
            NonFiniteLogitsError: if the model gave NaN or infinity.
        """
        sets = pair.sets(injection)
        offering = InjectingBackend(
            self.backend,
            self.session,
            (*sets, sets[-1]),  # the last set's rows are read to select one more
            (weight, 1.0 - weight),
            crossing=injection is not Injection.APART,
        )
        request = rule.request(pair.prompt, (), 0.0, WIDTH, len(sets) + 1)
        run = DecodingRun(offering, self.tokenizer, request)
        try:
            for _ in range(len(sets) + 1):
                run.advance()
        finally:
            run.close()
        return np.stack(offering.readouts[1:])

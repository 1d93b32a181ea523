"""One rule's run over a context, with its whole readout at every depth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.decoding.run import DecodingRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.decoding.request import GenerationRequest
    from tempo.domain.node import Node
    from tempo.domain.ports.model_backend import DecodingSession, ModelBackend, ModelDescription
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.proposal import FloatArray, Proposal, Reading
    from tempo.domain.row_rules import RowRules
    from tempo.domain.tokens import TokenId

TokenSets = tuple[tuple["TokenId", ...], ...]
"""S_0, S_1, ...: the tokens kept at each step, most probable first."""


class RecordingBackend:
    """A backend for runs of one prompt that notes the whole readout at every step.

    The prompt went through the model once; each run starts from a copy of that session. A run
    gets the answers that it would get without: the first candidates of the same reading.
    """

    def __init__(self, backend: ModelBackend, session: DecodingSession) -> None:
        """Stand before another backend and a session that has read the prompt."""
        self._backend = backend
        self._session = session
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
        """Consider the whole vocabulary, note it, and answer what was asked."""
        vocabulary = self.description.vocabulary
        whole = self._backend.propose(
            [(session, replace(reading, considered=vocabulary)) for session, reading in batch]
        )
        self.readouts += [_by_token(one, vocabulary) for one in whole]
        return [
            _first(one, reading.considered) for one, (_, reading) in zip(whole, batch, strict=True)
        ]


def _by_token(proposal: Proposal, vocabulary: int) -> FloatArray:
    """Return [vocab] log-probabilities; tokens that were barred have minus infinity.

    They are normalised in float64: the adapter's rounding alone would give divergences below 0.
    """
    values = np.full(vocabulary, -np.inf)
    values[list(proposal.token_ids)] = proposal.log_probabilities
    return values - np.logaddexp.reduce(values) if proposal.token_ids else values


def _first(proposal: Proposal, considered: int) -> Proposal:
    """Return a proposal as if fewer candidates had been considered."""
    if not proposal.token_ids:
        return proposal
    return replace(
        proposal,
        token_ids=proposal.token_ids[:considered],
        log_probabilities=proposal.log_probabilities[:considered],
        rows=proposal.rows[:, :considered],
        plain_rows=proposal.plain_rows[:, :considered],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """What a run of `t` + 1 steps kept, and what it said of the steps to come.

    Attributes:
        sets: S_0 ... S_{t-1}.
        readouts: [vocab] log-probabilities of the readout at depths 1 ... t.
        transitions: for each set, [k, m] plain log-probabilities, as the lattice holds them.
        kept: for each set, the probability that the run gives to staying inside it.
    """

    sets: TokenSets
    readouts: tuple[FloatArray, ...]
    transitions: tuple[FloatArray, ...]
    kept: tuple[float, ...]

    def paths(self, depth: int) -> int:
        """Return how many paths the first sets span."""
        return int(np.prod([len(members) for members in self.sets[:depth]], dtype=object))

    def path_scores(self, depth: int) -> FloatArray:
        """Return [paths] the lattice's own score of every path, in the product's order."""
        scores = self.transitions[0].reshape(-1)
        for table in self.transitions[1:depth]:
            scores = (scores.reshape(-1, len(table))[:, :, None] + table).reshape(-1)
        return scores


def decode(backend: RecordingBackend, tokenizer: Tokenizer, request: GenerationRequest) -> Decoded:
    """Run a request to its last step, whose rows are those of the set before.

    Raises:
        NonFiniteLogitsError: if the model gave NaN or infinity.
    """
    first = len(backend.readouts)
    run = DecodingRun(backend, tokenizer, request)
    try:
        for _ in range(request.max_steps):
            run.advance()
    finally:
        run.close()
    kept = run.steps[:-1]
    return Decoded(
        sets=tuple(tuple(one.token_id for one in step.token_set.members) for step in kept),
        readouts=tuple(backend.readouts[first + 1 :]),
        transitions=tuple(step.plain_transitions for step in kept),
        kept=tuple(step.kept_mass for step in kept),
    )

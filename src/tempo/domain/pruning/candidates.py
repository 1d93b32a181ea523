"""Refining a token set before it is kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from tempo.domain.capture import Capture
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.verdict import Verdict


def _nothing() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTraits:
    """What is known of a step's `m` selected candidates that would go on, most probable first.

    What the rule does not look at is empty.

    Attributes:
        probabilities: [m] of the readout, in [0, 1].
        attention: [m] each row's largest attention to one earlier token, in [0, 1].
        similarity: [m] cosine of each token's embedding and the recent context's, in [-1, 1].
        focus: how focused the attention of the rows before is, in [0, 1].
        clusters: [m] the number of the cluster that each row's hidden state falls in.
    """

    probabilities: FloatArray
    attention: FloatArray = field(default_factory=_nothing)
    similarity: FloatArray = field(default_factory=_nothing)
    focus: float = 1.0
    clusters: tuple[int, ...] = ()


class CandidateRule(Protocol):
    """A rule that judges one step's candidates before they are kept."""

    @property
    def feeds(self) -> bool:
        """Whether it judges the candidates' own rows.

        Those then go through the model first, and it sees their attention and clusters. A rule
        that does not feed sees the similarity of the candidates' embeddings and the focus of the
        rows before.
        """
        ...

    @property
    def clusters(self) -> int:
        """How many clusters of hidden states it asks for; 0 for none."""
        ...

    def verdicts(self, traits: CandidateTraits, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate; at least one stays. `step` is the set's own."""
        ...


class CandidateStrategy(Protocol):
    """Which rule judges which set. A rule that judges them all is a strategy too."""

    @property
    def capture(self) -> Capture:
        """What sessions have to take down for it."""
        ...

    def at(self, sets: int) -> CandidateRule:
        """Return the rule for a set with so many judged sets before it."""
        ...

"""Refining a token set before it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tempo.domain.capture import Capture
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.verdict import Verdict


@dataclass(frozen=True, slots=True, eq=False)
class CandidateTraits:
    """What is known of a step's `m` selected candidates that would go on; empty if not asked for.

    Attributes:
        probabilities: [m] of the readout, in [0, 1].
        attention: [m] each row's largest attention to one earlier token, in [0, 1].
        similarity: [m] cosine of each token's embedding and the recent context's, in [-1, 1].
        focus: how focused the attention of the rows before is, in [0, 1].
        clusters: [m] the number of the cluster that each row's hidden state falls in.
    """

    probabilities: FloatArray
    attention: FloatArray
    similarity: FloatArray
    focus: float
    clusters: tuple[int, ...]


class CandidateStrategy(Protocol):
    """A rule that judges a step's candidates before they are kept."""

    @property
    def capture(self) -> Capture:
        """What sessions have to take down for it."""
        ...

    @property
    def clusters(self) -> int:
        """How many clusters of hidden states it asks for; 0 for none."""
        ...

    @property
    def feeds(self) -> bool:
        """Whether it judges rows, which then go through the model before they are kept."""
        ...

    @property
    def looks_at_context(self) -> bool:
        """Whether it compares embeddings with the recent context's."""
        ...

    def at(self, sets: int) -> CandidateStrategy:
        """Return the strategy for a set with so many sets of several candidates before it."""
        ...

    def verdicts(self, traits: CandidateTraits, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate; at least one stays. `step` is the set's own."""
        ...

"""Keep the candidates that hang together with the text so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.capture import Capture
from tempo.domain.proposal import ROUNDING
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import ConstantThreshold

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.candidates import CandidateTraits
    from tempo.domain.schedule import Schedule

NAME = "coherence"


class CoherenceDefinition(StrEnum):
    """What coherence is.

    ATTENTION: the largest attention that the candidate's own row gives one earlier token, set
    against the other candidates'; the rows go through the model first. EMBEDDING: how similar the
    token's embedding is to the recent context's, set against the others', times how focused the
    attention is; no row is needed.
    """

    ATTENTION = "attention"
    EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class CoherencePruning:
    """Keep the candidates whose coherence, from 0 for the set's least to 1, reaches a threshold.

    Attributes:
        threshold: in [0, 1].
        definition: what coherence is.
    """

    threshold: Schedule = field(default_factory=lambda: ConstantThreshold(0.3))
    definition: CoherenceDefinition = CoherenceDefinition.ATTENTION

    @property
    def capture(self) -> Capture:
        """Rows' attention to their context."""
        return Capture(context=True)

    @property
    def clusters(self) -> int:
        """None."""
        return 0

    @property
    def feeds(self) -> bool:
        """Whether the candidates' rows are needed."""
        return self.definition is CoherenceDefinition.ATTENTION

    def at(self, sets: int) -> CoherencePruning:  # noqa: ARG002 - one signature for all
        """Return itself."""
        return self

    def verdicts(self, traits: CandidateTraits, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate; the most coherent one stays in any case.

        Of several that are the most coherent, that is the most probable.
        """
        threshold = self.threshold.at(step, max_steps)
        if self.definition is CoherenceDefinition.ATTENTION:
            scores = _spread(traits.attention)
        else:
            scores = _spread(traits.similarity) * traits.focus
        best = int(scores.argmax())
        return tuple(
            Verdict(NAME, score, threshold, float(score >= threshold or index == best))
            for index, score in enumerate(scores.tolist())
        )


def _spread(scores: FloatArray) -> FloatArray:
    """Return scores moved and scaled to [0, 1]; those that only rounding tells apart are all 1."""
    low, high = scores.min(), scores.max()
    if high - low <= ROUNDING:
        return np.ones(len(scores))
    spread: FloatArray = (scores - low) / (high - low)
    return spread

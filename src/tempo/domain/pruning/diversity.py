"""Keep one candidate of each kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.verdict import Verdict

if TYPE_CHECKING:
    from tempo.domain.pruning.candidates import CandidateTraits

NAME = "diversity"


@dataclass(frozen=True, slots=True)
class DiversityPruning:
    """Keep the most probable candidate of each cluster of final hidden states (k-means).

    Attributes:
        clusters: at least 1; a smaller set has as many clusters as candidates.
    """

    clusters: int = 3

    def __post_init__(self) -> None:
        if self.clusters < 1:
            message = f"diversity_clusters is {self.clusters}; it must be 1 or more"
            raise InvalidValueError(message)

    @property
    def capture(self) -> Capture:
        """Rows' hidden states."""
        return Capture(hidden=True)

    @property
    def feeds(self) -> bool:
        """The candidates' rows are needed."""
        return True

    def at(self, sets: int) -> DiversityPruning:  # noqa: ARG002 - one signature for all
        """Return itself."""
        return self

    def verdicts(
        self,
        traits: CandidateTraits,
        step: int,  # noqa: ARG002 - one signature for all strategies
        max_steps: int,  # noqa: ARG002
    ) -> tuple[Verdict, ...]:
        """Return one verdict a candidate: its probability against its cluster's best."""
        clusters, probabilities = np.array(traits.clusters), traits.probabilities
        verdicts = []
        for index, probability in enumerate(probabilities.tolist()):
            rivals = np.flatnonzero(clusters == clusters[index])
            best = int(rivals[probabilities[rivals].argmax()])
            verdicts.append(
                Verdict(NAME, probability, float(probabilities[best]), float(index == best))
            )
        return tuple(verdicts)

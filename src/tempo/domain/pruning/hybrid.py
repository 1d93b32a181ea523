"""Diversity first, coherence later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.coherence import CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning

if TYPE_CHECKING:
    from tempo.domain.capture import Capture
    from tempo.domain.pruning.candidates import CandidateRule


@dataclass(frozen=True, slots=True)
class HybridPruning:
    """Diversity for the first sets of several candidates, coherence for all later ones.

    It judges nothing itself: `at` tells whose turn it is.

    Attributes:
        diversity: the first rule.
        coherence: the later one.
        steps: how many sets of several candidates the first one judges, at least 0.
    """

    diversity: DiversityPruning = field(default_factory=DiversityPruning)
    coherence: CoherencePruning = field(default_factory=CoherencePruning)
    steps: int = 5

    def __post_init__(self) -> None:
        if self.steps < 0:
            message = f"diversity_steps is {self.steps}; it must be 0 or more"
            raise InvalidValueError(message)

    @property
    def capture(self) -> Capture:
        """What both need; nothing for diversity where its turn never comes."""
        own = self.coherence.capture
        return self.diversity.capture | own if self.steps else own

    def at(self, sets: int) -> CandidateRule:
        """Return the rule whose turn it is after so many judged sets."""
        return self.diversity if sets < self.steps else self.coherence

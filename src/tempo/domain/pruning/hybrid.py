"""Diversity first, coherence later."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.coherence import CoherencePruning
from tempo.domain.pruning.diversity import DiversityPruning

if TYPE_CHECKING:
    from tempo.domain.capture import Capture
    from tempo.domain.pruning.candidates import CandidateStrategy, CandidateTraits
    from tempo.domain.pruning.verdict import Verdict


@dataclass(frozen=True, slots=True)
class HybridPruning:
    """Diversity for the first sets of several candidates, coherence for all later ones.

    Attributes:
        diversity: the first strategy.
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
        """What both need."""
        return self.diversity.capture | self.coherence.capture

    @property
    def clusters(self) -> int:
        """Those of diversity."""
        return self.diversity.clusters

    @property
    def feeds(self) -> bool:
        """The candidates' rows are needed at first."""
        return True

    @property
    def looks_at_context(self) -> bool:
        """Whether embeddings are compared at some time."""
        return self.coherence.looks_at_context

    def at(self, sets: int) -> CandidateStrategy:
        """Return the strategy whose turn it is."""
        return self.diversity if sets < self.steps else self.coherence

    def verdicts(self, traits: CandidateTraits, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Judge as the first strategy does; ask `at` for the one whose turn it is."""
        return self.diversity.verdicts(traits, step, max_steps)

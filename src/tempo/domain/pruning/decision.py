"""The verdict of a pruning rule on one candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.tokens import LogicalStep, TokenId


@dataclass(frozen=True, slots=True)
class PruningDecision:
    """One candidate, judged.

    Attributes:
        step: where the candidate stands.
        token_id: which candidate of that step.
        rule: the rule's name.
        score: what the rule measured.
        threshold: what the score was held against; the candidate stays at or above it.
        decided_at: the step at which the verdict fell, never before `step`.
        mass: the candidate's posterior at that moment, in [0, 1].
    """

    step: LogicalStep
    token_id: TokenId
    rule: str
    score: float
    threshold: float
    decided_at: LogicalStep
    mass: float

    def __post_init__(self) -> None:
        if self.decided_at < self.step:
            message = f"step {self.step} was judged at the earlier step {self.decided_at}"
            raise InvalidValueError(message)
        if not 0.0 <= self.mass <= 1.0:
            message = f"a pruned candidate's mass is {self.mass!r}; it must be in [0, 1]"
            raise InvalidValueError(message)

    @property
    def keeps(self) -> bool:
        """Whether the candidate stays."""
        return self.score >= self.threshold

    @property
    def reason(self) -> str:
        """The verdict in one phrase, as the lattice records it."""
        comparison = ">=" if self.keeps else "<"
        return (
            f"{self.rule} at step {self.decided_at}: "
            f"{self.score:.4g} {comparison} {self.threshold:.4g}"
        )

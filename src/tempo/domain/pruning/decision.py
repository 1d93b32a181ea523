"""What was done to one candidate, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.tokens import LogicalStep, TokenId


class Effect(StrEnum):
    """What a decision did.

    DROPPED: the candidate never joined its step. PRUNED: it left the lattice and the cache.
    DESCENDANT: it left with the candidate that its best path goes through. WEAKENED: later tokens
    see it at part of its weight. UNATTENDED: it stays in the lattice, and no later token sees it.
    POSITION_REMOVED: its whole step left; its position stays as a gap.
    """

    DROPPED = "dropped"
    PRUNED = "pruned"
    DESCENDANT = "descendant"
    WEAKENED = "weakened"
    UNATTENDED = "unattended"
    POSITION_REMOVED = "position_removed"

    @property
    def leaves(self) -> bool:
        """Whether the candidate is gone from the lattice."""
        return self not in {Effect.WEAKENED, Effect.UNATTENDED}

    @property
    def leaves_rows_whole(self) -> bool:
        """Whether the rows of what stays have seen, and see, all of their best chains."""
        return self in {Effect.DROPPED, Effect.PRUNED, Effect.DESCENDANT}


@dataclass(frozen=True, slots=True)
class PruningDecision:
    """One candidate, judged.

    Attributes:
        step: where the candidate stands.
        token_id: which candidate of that step.
        rule: the rule's name.
        score: what the rule measured.
        threshold: what the score was held against.
        decided_at: the step at which the verdict fell, never before `step`.
        effect: what was done.
        mass: the candidate's share of the live paths at that moment, in [0, 1].
        weight: how much of its weight later tokens still see, in [0, 1]; 0 where it is gone.
    """

    step: LogicalStep
    token_id: TokenId
    rule: str
    score: float
    threshold: float
    decided_at: LogicalStep
    effect: Effect
    mass: float
    weight: float = 0.0

    def __post_init__(self) -> None:
        if self.decided_at < self.step:
            message = f"step {self.step} was judged at the earlier step {self.decided_at}"
            raise InvalidValueError(message)
        if not 0.0 <= self.mass <= 1.0:
            message = f"a pruned candidate's mass is {self.mass!r}; it must be in [0, 1]"
            raise InvalidValueError(message)
        if not 0.0 <= self.weight <= 1.0:
            message = f"a judged candidate's weight is {self.weight!r}; it must be in [0, 1]"
            raise InvalidValueError(message)

    @property
    def reason(self) -> str:
        """The decision in one phrase, as the lattice records it."""
        cause = f"{self.rule} {self.score:.4g} against {self.threshold:.4g}"
        return f"{self.effect.value} at step {self.decided_at}: {cause}"

"""What a rule says of one candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.tokens import LogicalStep, TokenId


@dataclass(frozen=True, slots=True)
class Verdict:
    """One candidate held against a rule.

    Attributes:
        rule: the rule's name.
        score: what the rule measured.
        threshold: what the score was held against.
        weight: how much of the candidate stays, in [0, 1]: 0 prunes it, 1 leaves it alone, and
            between the two later tokens see it at so much of its weight.
    """

    rule: str
    score: float
    threshold: float
    weight: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.weight <= 1.0:
            message = f"a verdict's weight is {self.weight!r}; it must be in [0, 1]"
            raise InvalidValueError(message)

    @property
    def prunes(self) -> bool:
        """Whether the candidate goes."""
        return self.weight == 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A candidate of an earlier step that was held against the rule, whatever came of it.

    Attributes:
        step: where it stands.
        token_id: which candidate of that step.
        verdict: what the rule says of it.
    """

    step: LogicalStep
    token_id: TokenId
    verdict: Verdict

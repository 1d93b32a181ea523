"""What a rule says of one candidate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def require_one_each(verdicts: Sequence[Verdict], candidates: int, rule: object) -> None:
    """Refuse what a rule says of some other number of candidates.

    Raises:
        InvalidValueError: naming the rule and both numbers.
    """
    if len(verdicts) != candidates:
        message = (
            f"the pruning rule {type(rule).__name__} gave {len(verdicts)} verdicts on {candidates} "
            "candidates; it must give one for each, in their order"
        )
        raise InvalidValueError(message)


def require_one_stays(verdicts: Sequence[Verdict], rule: object) -> None:
    """Refuse that a rule drops a whole set before any of it is kept.

    Raises:
        InvalidValueError: naming the rule.
    """
    if all(verdict.prunes for verdict in verdicts):
        message = (
            f"the pruning rule {type(rule).__name__} drops all {len(verdicts)} candidates of a "
            "set; it must let one stay"
        )
        raise InvalidValueError(message)


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

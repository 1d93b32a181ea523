"""Refining earlier token sets by what came later."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tempo.domain.errors import ContradictionError, InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.capture import Capture
    from tempo.domain.proposal import FloatArray
    from tempo.domain.pruning.verdict import Verdict

LAG = 3
"""Posteriors near the frontier still move; so many steps later they hardly do."""


FIRST_RECEIVED = 2
"""So many steps later the rows of the step after are there, the first to attend to a step."""


class CompleteMode(StrEnum):
    """What becomes of a step none of whose candidates passes.

    KEEP_TOKEN: the best remains. KEEP_UNATTENDED: the best remains in the lattice, marked, and no
    later token sees it. REMOVE_POSITION: the step leaves the lattice and the cache; its position
    stays as a gap.
    """

    KEEP_TOKEN = "keep_token"
    KEEP_UNATTENDED = "keep_unattended"
    REMOVE_POSITION = "remove_position"


class AfterPruning(StrEnum):
    """What happens to rows that had seen a pruned token.

    KEEP leaves them as they are. RECOMPUTE goes back to the step and decodes on without the token,
    as if it had never been kept; one that a finished text goes through is masked from then on,
    since the text stays.
    """

    KEEP = "keep"
    RECOMPUTE = "recompute"


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What is known of one step's `k` live candidates when they are judged.

    Attributes:
        posterior: [k] share of the live paths that pass each, summing to 1 over the step.
        attention: [k] mean attention mass that later rows gave each; empty if not captured.
    """

    posterior: FloatArray
    attention: FloatArray


class RetroactiveRule(Protocol):
    """A rule that judges the candidates of an earlier step."""

    @property
    def capture(self) -> Capture:
        """What sessions have to take down for it."""
        ...

    @property
    def decay(self) -> float:
        """How much of the attention received counts after each further step, in [0, 1]."""
        ...

    def verdicts(self, evidence: Evidence, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate, at the thresholds of step `step` of the run.

        `step` is the newest one, not the one that is judged.
        """
        ...


@dataclass(frozen=True, slots=True)
class RetroactivePruning:
    """How earlier sets are refined.

    Attributes:
        rule: what judges them.
        complete_mode: what becomes of a step none of whose candidates passes.
        lag: a step is judged when so many later ones are decoded, at least 1.
        comprehensive: whether earlier steps are judged again at every step, under the thresholds
            of that step.
        monotone: whether a later verdict may only take away; otherwise a weakened candidate may
            become stronger again, and one that is not attended may be seen again. What is gone is
            gone in any case.
        after: what happens to rows that had seen a pruned token.
    """

    rule: RetroactiveRule
    complete_mode: CompleteMode = CompleteMode.KEEP_TOKEN
    lag: int = LAG
    comprehensive: bool = False
    monotone: bool = True
    after: AfterPruning = field(default=AfterPruning.KEEP)

    def __post_init__(self) -> None:
        if self.lag < 1:
            message = f"pruning_lag is {self.lag}; it must be 1 or more"
            raise InvalidValueError(message)
        if self.lag < FIRST_RECEIVED and self.rule.capture.received:
            message = (
                f"pruning_lag is {self.lag}; no later token has attended to a step before "
                f"{FIRST_RECEIVED} more are decoded, so it must be {FIRST_RECEIVED} or more"
            )
            raise ContradictionError(message)
        keeps_token = self.complete_mode is CompleteMode.KEEP_TOKEN
        if self.after is AfterPruning.RECOMPUTE and not keeps_token:
            message = (
                f"after_pruning recompute decodes on as if a token had never been kept, and "
                f"complete_pruning_mode {self.complete_mode.value} keeps or removes a whole step; "
                "use complete_pruning_mode keep_token"
            )
            raise ContradictionError(message)

    def require_window(self, window: float) -> None:
        """Refuse to take away a whole step that the next rows still see softly.

        Raises:
            ContradictionError: naming the lag that is needed.
        """
        needed = 2 if math.isinf(window) else max(2, int(window) + 1)
        if self.complete_mode is not CompleteMode.KEEP_TOKEN and self.lag < needed:
            message = (
                f"complete_pruning_mode {self.complete_mode.value} takes a whole step from the "
                f"rows to come, so pruning_lag must be {needed} or more; it is {self.lag}"
            )
            raise ContradictionError(message)

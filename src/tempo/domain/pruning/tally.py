"""What pruning did to a run, summed up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.pruning.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tempo.domain.pruning.decision import PruningDecision


@dataclass(frozen=True, slots=True)
class PruningTally:
    """Candidates and rows by what became of them.

    Attributes:
        judged: candidates that some rule judged.
        kept: those of them that did not leave.
        pruned: how many a rule took away, by rule.
        descendants: how many left with the candidate that their best path goes through.
        weakened: how many later tokens see at part of their weight.
        unattended: how many stay in the lattice, unseen.
        positions_removed: steps that left as a whole.
        rows_freed: rows that left the cache by pruning, release aside.
        lost: share of the live paths that left, in [0, 1], all decisions together.
        notes: sentences that a user should read once.
    """

    judged: int = 0
    kept: int = 0
    pruned: Mapping[str, int] = field(default_factory=dict)
    descendants: int = 0
    weakened: int = 0
    unattended: int = 0
    positions_removed: int = 0
    rows_freed: int = 0
    lost: float = 0.0
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        decisions: Iterable[PruningDecision],
        *,
        judged: int = 0,
        left: int = 0,
        rows_freed: int = 0,
        lost: float = 0.0,
    ) -> PruningTally:
        """Sum up a log of decisions, by which `left` of all judged are gone.

        A candidate counts once, by what was done to it last; one seen in full again, not at all.
        """
        last = {(one.step, one.token_id): one for one in decisions}
        effects = Counter(one.effect for one in last.values() if one.weight < 1.0)
        by_rule = Counter(
            one.rule
            for one in last.values()
            if one.effect.leaves and one.effect is not Effect.DESCENDANT
        )
        removed = {one.step for one in last.values() if one.effect is Effect.POSITION_REMOVED}
        return cls(
            judged=judged,
            kept=judged - left,
            pruned=dict(by_rule),
            descendants=effects[Effect.DESCENDANT],
            weakened=effects[Effect.WEAKENED],
            unattended=effects[Effect.UNATTENDED],
            positions_removed=len(removed),
            rows_freed=rows_freed,
            lost=lost,
        )

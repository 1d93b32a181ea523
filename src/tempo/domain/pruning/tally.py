"""What pruning did to a run, summed up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tempo.domain.pruning.decision import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    def after(
        self,
        decisions: Sequence[PruningDecision],
        *,
        judged: int = 0,
        left: int = 0,
        rows_freed: int = 0,
        lost: float = 0.0,
    ) -> PruningTally:
        """Return the sums after some more decisions, by which `left` of all judged are gone."""
        pruned = dict(self.pruned)
        for decision in decisions:
            if decision.effect.leaves and decision.effect is not Effect.DESCENDANT:
                pruned[decision.rule] = pruned.get(decision.rule, 0) + 1
        effects = [decision.effect for decision in decisions]
        removed = {one.step for one in decisions if one.effect is Effect.POSITION_REMOVED}
        return replace(
            self,
            judged=self.judged + judged,
            kept=self.kept + judged - left,
            pruned=pruned,
            descendants=self.descendants + effects.count(Effect.DESCENDANT),
            weakened=self.weakened + effects.count(Effect.WEAKENED),
            unattended=self.unattended + effects.count(Effect.UNATTENDED),
            positions_removed=self.positions_removed + len(removed),
            rows_freed=self.rows_freed + rows_freed,
            lost=1.0 - (1.0 - self.lost) * (1.0 - lost),
        )

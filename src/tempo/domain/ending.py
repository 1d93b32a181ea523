"""The finished hypotheses of a run and the share that is theirs."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tempo.domain.hypothesis import Hypothesis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.frontier import Transition


@dataclass(frozen=True, slots=True)
class Ending:
    """What has finished after some steps.

    Attributes:
        finished: the finished hypotheses, in the order in which they finished.
        mass: their share of all, in [0, 1].
        log_kept: log of the probability that an ordinary sample stayed in the lattice so far.
    """

    finished: tuple[Hypothesis, ...] = ()
    mass: float = 0.0
    log_kept: float = 0.0

    def along(self, log_probability: float) -> Ending:
        """Go along one path, on which all of a sample that stays in the lattice goes too."""
        return replace(self, log_kept=self.log_kept + log_probability)

    def after(self, transition: Transition, live: Sequence[int], step: int) -> Ending:
        """Move the share of the members that ended at a step to the finished hypotheses.

        A finished hypothesis keeps its share, and what goes on is the rest.
        """
        kept = transition.kept_mass
        log_kept = self.log_kept + (math.log(kept) if kept > 0 else 0.0)
        if len(live) == len(transition.best_parent):
            return Ending(self.finished, self.mass, log_kept)
        total = float(transition.mass.sum())
        going_on = float(transition.mass[list(live)].sum())
        share = 1.0 - going_on / total if live else 1.0
        ended = sorted(set(range(len(transition.best_parent))) - set(live))
        fresh = tuple(
            Hypothesis(step, index, score - log_kept, finished=True)
            for index, score in zip(ended, transition.scores[ended].tolist(), strict=True)
        )
        return Ending(self.finished + fresh, self.mass + (1.0 - self.mass) * share, log_kept)

    def going_on(
        self, step: int, live: Sequence[int], scores: Sequence[float]
    ) -> tuple[Hypothesis, ...]:
        """Return the unfinished hypotheses of a step; `scores` are those of its live members."""
        return tuple(
            Hypothesis(step, index, score - self.log_kept, finished=False)
            for index, score in zip(live, scores, strict=False)
        )

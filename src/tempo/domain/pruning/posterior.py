"""Judge candidates by their share of the live paths (design section 2.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import ConstantThreshold

if TYPE_CHECKING:
    from tempo.domain.pruning.retroactive import Evidence
    from tempo.domain.schedule import Schedule

NAME = "posterior"
NO_CAPTURE = Capture()

SLACK = 1e-9
"""Shares that reach the mass but for the rounding of their sum have reached it."""


@dataclass(frozen=True, slots=True)
class PosteriorPruning:
    """Keep the smallest set with a mass, and of it what reaches a floor.

    The most probable candidate goes only where even it is under the floor. Of equal shares at the
    edge of the mass the earlier candidates stay.

    Attributes:
        mass: in (0, 1]; candidates beyond the most probable ones with this mass together go.
        floor: in [0, 1]; candidates under it go.
    """

    mass: float = 0.98
    floor: Schedule = field(default_factory=lambda: ConstantThreshold(0.02))

    def __post_init__(self) -> None:
        if not 0.0 < self.mass <= 1.0:
            message = f"posterior_mass is {self.mass}; it must be in (0, 1]"
            raise InvalidValueError(message)

    @property
    def capture(self) -> Capture:
        """Nothing: the transitions tell all."""
        return NO_CAPTURE

    @property
    def decay(self) -> float:
        """No attention is looked at."""
        return 1.0

    def verdicts(self, evidence: Evidence, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate.

        The threshold told is the stricter one: the floor, or the least share inside the mass.
        """
        shares = evidence.posterior
        floor = self.floor.at(step, max_steps)
        order = np.argsort(-shares, kind="stable")
        before = np.cumsum(shares[order]) - shares[order]
        inside = before < self.mass - SLACK
        inside[0] = True  # also for a mass below the slack
        kept = set(order[inside].tolist())
        level = max(floor, 0.0 if inside.all() else float(shares[order[inside]].min()))
        return tuple(
            Verdict(NAME, share, level, float(share >= floor and index in kept))
            for index, share in enumerate(shares.tolist())
        )

"""Judge candidates by their share of the live paths (design section 2.8)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.capture import Capture
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import ConstantThreshold

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        shares: list[float] = evidence.posterior.tolist()
        floor = self.floor.at(step, max_steps)
        kept = self._inside(shares)
        level = floor
        if len(kept) < len(shares):
            level = max(floor, min(shares[index] for index in kept))
        return tuple(
            [
                Verdict(NAME, share, level, float(share >= floor and index in kept))
                for index, share in enumerate(shares)
            ]
        )

    def _inside(self, shares: Sequence[float]) -> set[int]:
        """Return the most probable candidates that have the mass together, at least one.

        In plain numbers: a set is small, and this is asked at every step.
        """
        order = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)
        kept: set[int] = set()
        together = 0.0
        for index in order:
            if kept and together >= self.mass - SLACK:
                break
            kept.add(index)
            together += shares[index]
        return kept

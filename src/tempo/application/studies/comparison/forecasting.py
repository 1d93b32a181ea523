"""What a lattice says of texts that the model would write, as forecasts to hold against draws.

Of runs without logits processors, and draws at temperature 1: both then speak of the same model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tempo.application.studies.comparison.calibration import Forecast
from tempo.domain.errors import InvalidValueError
from tempo.domain.posteriors import posteriors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import Lattice, LatticeStep
    from tempo.domain.paths import Path
    from tempo.domain.tokens import TokenId

MEMBERS = "a drawn text that stays inside the lattice has this token at this step"
"""The event of `member_forecasts`, in words."""

BEGINNINGS = "a drawn text begins with the tokens of this path"
"""The event of `path_forecasts`, in words."""


def member_forecasts(lattice: Lattice, depth: int) -> tuple[Forecast, ...]:
    """Return the posteriors of the lattice's first steps, of those with several members.

    The lattice is cut behind `depth` steps, or taken whole if it has fewer. Draws count that stay
    inside its sets and reach the step. The lattice lets a finished text keep its share, so these
    are exact only while no text has ended.

    Raises:
        InvalidValueError: for a depth under 1, or a step among them that was removed as a whole.
    """
    steps = _first(lattice, depth)
    sets = tuple(_tokens(step) for step in steps)
    return tuple(
        Forecast(
            token_sets=(*sets[:number], frozenset((member.token_id,))),
            probability=min(1.0, float(share)),
            given=sets,
        )
        for number, (step, shares) in enumerate(zip(steps, posteriors(steps), strict=True))
        if step.width > 1
        for member, share in zip(step.token_set.members, shares, strict=True)
    )


def path_forecasts(lattice: Lattice, paths: Sequence[Path]) -> tuple[Forecast, ...]:
    """Return how probable the lattice's transitions make it that a draw begins with each path.

    Raises:
        InvalidValueError: if a step of the lattice was removed as a whole.
    """
    steps = _first(lattice, max(1, len(lattice)))
    return tuple(
        Forecast(
            token_sets=tuple(frozenset((token,)) for token in lattice.token_ids(path)),
            probability=_probability(steps, path),
        )
        for path in paths
    )


def _first(lattice: Lattice, depth: int) -> tuple[LatticeStep, ...]:
    if depth < 1:
        message = f"forecasts of {depth} steps were asked for; ask for 1 or more"
        raise InvalidValueError(message)
    steps = lattice.steps[:depth]
    if any(step.step != number for number, step in enumerate(steps)):
        message = "a step left this lattice as a whole, so its paths are no beginnings of texts"
        raise InvalidValueError(message)
    return steps


def _tokens(step: LatticeStep) -> frozenset[TokenId]:
    return frozenset(member.token_id for member in step.token_set.members)


def _probability(steps: Sequence[LatticeStep], path: Path) -> float:
    """Return the probability of a path: its rows are the live members of the step before."""
    score, row = 0.0, 0
    for step, member in zip(steps, path.members, strict=False):
        score += float(step.transitions[row, member])
        live = step.token_set.live_indices
        row = live.index(member) if member in live else 0
    return min(1.0, math.exp(score))

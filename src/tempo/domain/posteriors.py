"""Forward-backward over a lattice's own transitions (design section 2.8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.frontier import Frontier, carry_forward

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep
    from tempo.domain.proposal import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ForwardMasses:
    """The forward pass over a lattice.

    Attributes:
        parents: for each step, [k, m] posterior of the parent of each member.
        terminal: for each step, [m] share of all paths that end in each member; sums to 1 over
            the whole lattice.
        weights: for each step, [m] forward weight among its live members, 0 for finished ones.
        kept: for each step, the probability of its members together, given that one is at its live
            members before: what their shares are divided by.
    """

    parents: tuple[FloatArray, ...]
    terminal: tuple[FloatArray, ...]
    weights: tuple[FloatArray, ...]
    kept: tuple[float, ...]


def terminal_masses(steps: Sequence[LatticeStep]) -> ForwardMasses:
    """Run the forward algorithm over the recorded transitions.

    A finished hypothesis keeps the share it had when it finished; the rest goes on.
    """
    parents: list[FloatArray] = []
    terminal: list[FloatArray] = []
    forward: list[FloatArray] = []
    kept: list[float] = []
    frontier, going_on = Frontier.of_prompt(), 1.0
    for index, step in enumerate(steps):
        transition = carry_forward(frontier, step.transitions, step.plain_transitions)
        kept.append(float(transition.mass.sum()))
        share = going_on * transition.mass / kept[-1]
        live = list(step.token_set.live_indices)
        parents.append(transition.parent_posterior)
        ending = share.copy()
        if index < len(steps) - 1:
            ending[live] = 0.0
        terminal.append(ending)
        going_on = float(share[live].sum())
        onward = transition.among(live)
        weights = onward.weights if live else np.ones(1)
        forward.append(np.zeros(step.width))
        forward[-1][live] = weights[: len(live)]
        frontier = Frontier((), weights, onward.scores, onward.plain_scores)
    return ForwardMasses(tuple(parents), tuple(terminal), tuple(forward), tuple(kept))


def passing_masses(steps: Sequence[LatticeStep], forward: ForwardMasses) -> tuple[FloatArray, ...]:
    """Return, for each step, [m] the share of all paths that pass each member.

    A step's shares sum to the probability that a path is longer than the steps before it.
    """
    passing: list[FloatArray] = []
    later: FloatArray | None = None
    for index in range(len(steps) - 1, -1, -1):
        mass = forward.terminal[index].copy()
        if later is not None:
            live = list(steps[index].token_set.live_indices)
            mass[live] += forward.parents[index + 1] @ later
        passing.append(mass)
        later = mass
    return tuple(reversed(passing))


def posteriors(steps: Sequence[LatticeStep]) -> tuple[FloatArray, ...]:
    """Return, for each step, [m] the share of the paths through it that pass each member."""
    passing = passing_masses(steps, terminal_masses(steps))
    return tuple(mass / mass.sum() for mass in passing)

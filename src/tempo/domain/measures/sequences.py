"""What can be said of all paths of a lattice at once, without writing one of them down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.measures.entropy import entropies, entropy
from tempo.domain.posteriors import passing_masses, posteriors, terminal_masses

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.lattice import LatticeStep


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far paths drawn independently from a lattice agree.

    Attributes:
        steps: for each step, the probability that two paths which reach it hold the same token
            there, in (0, 1].
        mean: over the steps; 1 for a lattice without steps.
    """

    steps: tuple[float, ...]
    mean: float


def expected_length(steps: Sequence[LatticeStep]) -> float:
    """Return the mean length of the paths in tokens, end tokens counted, by their shares.

    The sum over the steps of the probability that a path reaches each.
    """
    passing = passing_masses(steps, terminal_masses(steps))
    return float(sum(mass.sum() for mass in passing))


def sequence_entropy(steps: Sequence[LatticeStep]) -> float:
    """Return the entropy of the lattice's distribution over its paths, in nats, at least 0.

    Exact, by the chain rule of entropy from the ends backwards (Cover and Thomas 2006, theorem
    2.2.1; on a trellis Hernando, Crespi and Cybenko 2005): the entropy of where a path ends, and
    for each member the entropy of its parent times the share of the paths that pass the member.
    """
    if not steps:
        return 0.0
    forward = terminal_masses(steps)
    ends = entropy(np.concatenate(forward.terminal))
    passing = passing_masses(steps, forward)
    parents = zip(forward.parents, passing, strict=True)
    return ends + float(sum(entropies(parent) @ mass for parent, mass in parents))


def finished_mass(steps: Sequence[LatticeStep]) -> float:
    """Return the share of the paths that end in a finished member, in [0, 1]."""
    share = 0.0
    for step, masses in zip(steps, terminal_masses(steps).terminal, strict=True):
        ending = masses.copy()
        ending[list(step.token_set.live_indices)] = 0.0
        share += float(ending.sum())
    return min(1.0, share)


def agreement(steps: Sequence[LatticeStep]) -> Agreement:
    """Return the probability that two paths hold the same token, by step and in the mean.

    The sum of the squared posteriors: Simpson's index (1949), or one minus Gini's impurity.
    """
    by_step = tuple(float(shares @ shares) for shares in posteriors(steps))
    return Agreement(by_step, float(np.mean(by_step)) if by_step else 1.0)

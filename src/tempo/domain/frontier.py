"""The live candidates of one step, and how weights are carried forward to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot


SMALLEST = float(np.finfo(np.float64).smallest_subnormal)


@dataclass(frozen=True, slots=True, eq=False)
class SoftStep:
    """The lineage of the frontier over one earlier step.

    Attributes:
        slots: the live slots of that step.
        weights: [k, slots] probability of each slot being the ancestor, one row a candidate.
    """

    slots: tuple[Slot, ...]
    weights: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Frontier:
    """The candidates that the model's last rows belong to; `k` rows, most probable first.

    Attributes:
        slots: [k] the rows' slots; empty for the prompt, whose last token is the only row.
        weights: [k] forward weights, summing to 1.
        scores: [k] best log-probability of a path that ends here, after the processors.
        plain_scores: [k] the same path under the plain model.
        lineage: soft weights over the steps just before, newest first.
    """

    slots: tuple[Slot, ...]
    weights: FloatArray
    scores: FloatArray
    plain_scores: FloatArray
    lineage: tuple[SoftStep, ...] = ()

    @classmethod
    def of_prompt(cls) -> Frontier:
        """Return the frontier before the first step: one row of weight 1 and score 0."""
        return cls((), np.ones(1), np.zeros(1), np.zeros(1))

    @classmethod
    def of_nothing(cls) -> Frontier:
        """Return the frontier after a step at which every hypothesis is finished."""
        return cls((), np.empty(0), np.empty(0), np.empty(0))


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """One step of the forward algorithm; `k` earlier rows, `m` kept candidates.

    Attributes:
        parent_posterior: [k, m] `pi(i|j)`; each column sums to 1.
        mass: [m] `sum_i f(i) R_i(j)`.
        best_parent: [m] the row of the best path to each candidate; ties go to the lower row.
        scores: [m] score of that path, after the processors.
        plain_scores: [m] score of that path under the plain model.
        kept_mass: `Z`, the probability that an ordinary sample stays in the lattice here, in
            [0, 1].
    """

    parent_posterior: FloatArray
    mass: FloatArray
    best_parent: tuple[int, ...]
    scores: FloatArray
    plain_scores: FloatArray
    kept_mass: float

    def among(self, live: Sequence[int]) -> Transition:
        """Return the transition to some of the candidates alone; `kept_mass` is as it was."""
        if len(live) == len(self.best_parent):
            return self
        columns = list(live)
        return Transition(
            parent_posterior=self.parent_posterior[:, columns],
            mass=self.mass[columns],
            best_parent=tuple(self.best_parent[index] for index in live),
            scores=self.scores[columns],
            plain_scores=self.plain_scores[columns],
            kept_mass=self.kept_mass,
        )

    @property
    def weights(self) -> FloatArray:
        """[m] the candidates' forward weights, summing to 1."""
        total = np.add.reduce(self.mass)
        return self.mass / total if total > 0.0 else np.full(len(self.mass), 1.0 / len(self.mass))


def carry_forward(frontier: Frontier, rows: FloatArray, plain_rows: FloatArray) -> Transition:
    """Carry weights and best scores over `rows` [k, m], log-probabilities of the kept candidates.

    Written with `reduce` itself: this is done several times a step where candidates are pruned,
    and the methods `max` and `sum` take twice as long on tables of this size.

    Design section 2.4; the forward algorithm and Viterbi's recursion of Rabiner (1989),
    equations 20 and 33. A candidate that no row gives any probability shares its parents evenly.
    """
    log_joint = np.log(np.maximum(frontier.weights, SMALLEST))[:, None] + rows
    peak = np.maximum.reduce(log_joint)
    if -np.inf in peak.tolist():
        impossible = peak == -np.inf
        log_joint[:, impossible] = 0.0
        shifted = np.exp(log_joint - np.where(impossible, 0.0, peak))
    else:
        shifted = np.exp(log_joint - peak)
    total = np.add.reduce(shifted)
    mass = np.exp(peak) * total
    paths = frontier.scores[:, None] + rows
    best = paths.argmax(axis=0)
    columns = np.arange(len(best))
    return Transition(
        parent_posterior=shifted / total,
        mass=mass,
        best_parent=tuple(best.tolist()),
        scores=paths[best, columns],
        plain_scores=frontier.plain_scores[best] + plain_rows[best, columns],
        kept_mass=min(1.0, float(np.add.reduce(mass))),
    )

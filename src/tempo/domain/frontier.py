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


@dataclass(frozen=True, slots=True, eq=False)
class Transition:
    """One step of the forward algorithm; `k` earlier rows, `m` kept candidates.

    Attributes:
        log_joint: [k, m] log of `f(i) R_i(j)`.
        parent_posterior: [k, m] `pi(i|j)`; each column sums to 1.
        mass: [m] `sum_i f(i) R_i(j)`.
        best_parent: [m] the row of the best path to each candidate; ties go to the lower row.
        scores: [m] score of that path, after the processors.
        plain_scores: [m] score of that path under the plain model.
    """

    log_joint: FloatArray
    parent_posterior: FloatArray
    mass: FloatArray
    best_parent: tuple[int, ...]
    scores: FloatArray
    plain_scores: FloatArray

    @property
    def kept_mass(self) -> float:
        """`Z`: probability that an ordinary sample stays in the lattice here, in (0, 1]."""
        return min(1.0, float(self.mass.sum()))


def carry_forward(frontier: Frontier, rows: FloatArray, plain_rows: FloatArray) -> Transition:
    """Carry weights and best scores over `rows` [k, m], log-probabilities of the kept candidates.

    Design section 2.4; the forward algorithm and Viterbi's recursion of Rabiner (1989),
    equations 20 and 33. A candidate that no row gives any probability shares its parents evenly.
    """
    log_joint = np.log(np.maximum(frontier.weights, SMALLEST))[:, None] + rows
    peak = log_joint.max(axis=0)
    impossible = np.isneginf(peak)
    shifted = np.exp(log_joint - np.where(impossible, 0.0, peak))
    shifted[:, impossible] = 1.0
    total = shifted.sum(axis=0)
    paths = frontier.scores[:, None] + rows
    best = paths.argmax(axis=0)
    columns = np.arange(rows.shape[1])
    return Transition(
        log_joint=log_joint,
        parent_posterior=shifted / total,
        mass=np.exp(peak) * total,
        best_parent=tuple(best.tolist()),
        scores=paths[best, columns],
        plain_scores=frontier.plain_scores[best] + plain_rows[best, columns],
    )


def live_weights(transition: Transition, live: Sequence[int]) -> FloatArray:
    """Return the forward weights [live] of the candidates that go on, summing to 1."""
    mass = transition.mass[list(live)]
    total = mass.sum()
    return mass / total if total > 0.0 else np.full(len(live), 1.0 / len(live))

"""Which of the proposed candidates are kept."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tempo.domain.errors import ContradictionError, InvalidValueError
from tempo.domain.schedule import ConstantThreshold
from tempo.domain.tokens import CandidateState

if TYPE_CHECKING:
    from tempo.domain.proposal import Proposal
    from tempo.domain.schedule import Schedule

LARGEST_WIDTH = 64
TIE_MARGIN = 1e-6
"""Probabilities this close to the threshold are reported: rounding may decide them."""


class ThresholdBasis(StrEnum):
    """What the threshold is a share of.

    TOTAL: the probability of all live hypotheses together, so that several equal rivals dilute
    each other's tokens. LEADER: the readout's weight of the heaviest hypothesis; a rival's
    tokens are kept as long as they keep up with the leader's, as in the pruning of speech decoders
    (Steinbiss, Tran and Ney, 1994). Where one hypothesis is live the two are the same.
    """

    TOTAL = "total"
    LEADER = "leader"


class SelectionRule(Protocol):
    """Says how wide each step may be, under the cap: a rule of one's own is one class."""

    def width(self, proposal: Proposal) -> int:
        """Return how many of the most probable candidates may be kept, 1 or more.

        The threshold and `max_width` hold beside it. With threshold 0 it decides alone.
        """
        ...


@dataclass(frozen=True, slots=True)
class AnyWidth:
    """No rule beside the threshold and the cap."""

    def width(self, _: Proposal, /) -> int:
        """Return the largest width."""
        return LARGEST_WIDTH


@dataclass(frozen=True, slots=True)
class Choice:
    """The cut of one step.

    Attributes:
        threshold: the probability that candidates had to reach.
        level: its logarithm, as float32 holds it.
        kept: how many candidates are kept; they are the first ones by rank.
        cut: how many tokens of the vocabulary reached the threshold and were cut by the cap, or
            by a rule that allows fewer.
        cut_mass: their probability.
        near_ties: how many considered candidates lie within `TIE_MARGIN` of the threshold.
    """

    threshold: float
    level: float
    kept: int
    cut: int
    cut_mass: float
    near_ties: int

    def state(self, rank: int, log_probability: float) -> CandidateState:
        """Return what became of the considered candidate at `rank`."""
        if rank < self.kept:
            return CandidateState.KEPT
        if log_probability >= self.level:
            return CandidateState.OVER_CAP
        return CandidateState.BELOW_THRESHOLD


@dataclass(frozen=True, slots=True)
class Selection:
    """Keep what reaches the threshold, most probable first, at most `max_width`.

    The argmax is kept where nothing reaches the threshold; threshold 0 means the cap alone.
    `considered` candidates are looked at and reported, kept or not (design section 2.3). A `rule`
    may make single steps narrower than `max_width`.
    """

    threshold: Schedule = field(default_factory=lambda: ConstantThreshold(0.1))
    max_width: int = 8
    considered: int = 16
    basis: ThresholdBasis = ThresholdBasis.TOTAL
    rule: SelectionRule = field(default_factory=AnyWidth)

    def __post_init__(self) -> None:
        if not 1 <= self.max_width <= LARGEST_WIDTH:
            message = f"max_width is {self.max_width}; it must be from 1 to {LARGEST_WIDTH}"
            raise InvalidValueError(message)
        if self.considered < self.max_width:
            message = (
                f"considered is {self.considered} and max_width {self.max_width}; "
                "consider at least as many candidates as may be kept"
            )
            raise ContradictionError(message)

    def level(self, step: int, max_steps: int, leader: float) -> float:
        """Return the probability that candidates of a step have to reach.

        `leader` is the weight, in [0, 1], of the readout's heaviest row.
        """
        threshold = self.threshold.at(step, max_steps)
        if self.basis is ThresholdBasis.LEADER:
            return threshold * leader
        return threshold

    def choose(self, proposal: Proposal, threshold: float) -> Choice:
        """Cut one proposal at a threshold in [0, 1].

        Raises:
            InvalidValueError: if the rule allows no candidate, or no number of them.
        """
        level = log_threshold(threshold)
        logs = proposal.log_probabilities.tolist()
        reaching = sum([log >= level for log in logs])
        kept = max(1, min(reaching, self.max_width, self._allowed(proposal)))
        cut, cut_mass, near = proposal.passing - kept, 0.0, 0
        if cut > 0:
            kept_mass = sum(map(math.exp, logs[: min(kept, reaching)]))
            cut_mass = max(0.0, proposal.passing_mass - kept_mass)
        if threshold > 0:
            near = sum([abs(math.exp(log) - threshold) <= TIE_MARGIN for log in logs])
        return Choice(threshold, level, kept, max(0, cut), cut_mass, near)

    def _allowed(self, proposal: Proposal) -> int:
        width: object = self.rule.width(proposal)
        if isinstance(width, (int, np.integer)) and width >= 1:
            return int(width)
        message = (
            f"the selection rule {type(self.rule).__name__} allows {width!r} candidates; it must "
            "return a whole number of 1 or more"
        )
        raise InvalidValueError(message)


def log_threshold(threshold: float) -> float:
    """Return a threshold's logarithm as float32 holds it, -inf for 0.

    Adapters compare float32 log-probabilities; both sides of the port must cut at one number.
    """
    return float(np.float32(math.log(threshold))) if threshold > 0.0 else -math.inf

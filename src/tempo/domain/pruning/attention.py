"""Judge candidates by the attention that later tokens gave them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tempo.domain.capture import Capture, LayerWeights
from tempo.domain.errors import InvalidValueError
from tempo.domain.pruning.verdict import Verdict
from tempo.domain.schedule import ConstantThreshold, require_unit

if TYPE_CHECKING:
    from tempo.domain.pruning.retroactive import Evidence
    from tempo.domain.schedule import Schedule

ABSOLUTE = "attention"
RELATIVE = "relative_attention"

CERTAINTY = 0.95
"""A soft weight at least so far from one of its ends counts as that end."""


@dataclass(frozen=True, slots=True)
class Sigmoid:
    """A soft cut: the logistic function of a score's distance to its threshold.

    Attributes:
        steepness: above 0; the larger, the harder the cut.
    """

    steepness: float = 10.0

    def __post_init__(self) -> None:
        if not 0.0 < self.steepness < math.inf:
            message = f"sigmoid_steepness is {self.steepness}; it must be above 0 and finite"
            raise InvalidValueError(message)

    def weight(self, distance: float) -> float:
        """Return a weight in [0, 1]; within 5 % of an end it is that end."""
        exponent = max(-700.0, min(700.0, -self.steepness * distance))
        weight = 1.0 / (1.0 + math.exp(exponent))
        if weight >= CERTAINTY:
            return 1.0
        return 0.0 if weight <= 1.0 - CERTAINTY else weight


@dataclass(frozen=True, slots=True)
class AttentionPruning:
    """Keep what later tokens attend to: enough in itself, and enough beside the set's best.

    Both conditions hold for what stays. Under a sigmoid a candidate near a threshold is weakened
    instead of pruned: its weight is the logistic function of `steepness` times the distance, which
    is score minus threshold for the relative score, and half of (score / threshold - 1) for the
    absolute one, whose scale depends on the length of the text.

    Attributes:
        absolute: attention mass in [0, 1] that a candidate needs.
        relative: share of the set's best, in [0, 1], that a candidate needs; None asks for none.
        sigmoid: the soft cut; None cuts hard.
        layers: how the layers' attention is weighted.
        decay: how much of the attention received counts after each further step, in [0, 1]: 1
            takes the mean over all later steps, 0 the last one alone.
    """

    absolute: Schedule = field(default_factory=lambda: ConstantThreshold(0.01))
    relative: float | None = 0.5
    sigmoid: Sigmoid | None = field(default_factory=Sigmoid)
    layers: LayerWeights = field(default_factory=LayerWeights)
    decay: float = 1.0

    def __post_init__(self) -> None:
        require_unit("attention_decay", self.decay)
        if self.relative is not None:
            require_unit("relative_threshold", self.relative)

    @property
    def capture(self) -> Capture:
        """The attention received, under the rule's layer weights."""
        return Capture(received=(self.layers,))

    def verdicts(self, evidence: Evidence, step: int, max_steps: int) -> tuple[Verdict, ...]:
        """Return one verdict a candidate, naming the condition that spoke more against it."""
        absolute = self.absolute.at(step, max_steps)
        masses = evidence.attention.tolist()
        best = max(masses)
        verdicts = []
        for mass in masses:
            share = mass / best if best > 0.0 else 1.0
            found = [(self._absolute_weight(mass, absolute), ABSOLUTE, mass, absolute)]
            if self.relative is not None:
                weight = self._weight(share - self.relative)
                found.append((weight, RELATIVE, share, self.relative))
            weight, name, score, threshold = min(found, key=lambda one: one[0])
            verdicts.append(Verdict(name, score, threshold, weight))
        return tuple(verdicts)

    def _absolute_weight(self, mass: float, threshold: float) -> float:
        return self._weight((mass / threshold - 1.0) / 2.0) if threshold > 0.0 else 1.0

    def _weight(self, distance: float) -> float:
        if self.sigmoid is not None:
            return self.sigmoid.weight(distance)
        return 1.0 if distance >= 0.0 else 0.0

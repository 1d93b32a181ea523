"""How a later token weighs the several candidates of an earlier step in attention.

Design section 2.5. Every rule answers one question: of the frontier's rows, which does a new
candidate inherit its view of history from, and at which weight does it see the frontier's slots
and those of the steps just before?
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.frontier import SoftStep

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ancestry import Ancestry
    from tempo.domain.frontier import Frontier, Transition
    from tempo.domain.node import Weights
    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot


@dataclass(frozen=True, slots=True)
class History:
    """What one new row sees of earlier steps; the fields are those of `Node`."""

    inherits: Weights
    weights: Weights


class Superposition(Protocol):
    """A rule that turns a transition into what the new rows see."""

    @property
    def window(self) -> float:
        """How many steps back weights are soft; older ones are the best parent chain alone."""
        ...

    def lineage(self, frontier: Frontier, transition: Transition) -> tuple[SoftStep, ...]:
        """Return the new candidates' soft weights over earlier steps, newest first."""
        ...

    def histories(
        self,
        frontier: Frontier,
        transition: Transition,
        lineage: tuple[SoftStep, ...],
        ancestry: Ancestry,
    ) -> tuple[History, ...]:
        """Return what each new candidate's row sees.

        `transition` leads from the frontier to the candidates that go on, and to no other;
        `ancestry` has grown by the new candidates already.
        """
        ...


class _SharedHistory(ABC):
    """What rules have in common under which all new rows see the same."""

    __slots__ = ()

    @property
    def window(self) -> float:
        """No step ever hardens."""
        return math.inf

    def lineage(
        self,
        frontier: Frontier,  # noqa: ARG002 - one signature for all rules
        transition: Transition,  # noqa: ARG002
    ) -> tuple[SoftStep, ...]:
        """Return nothing: no row has a lineage of its own."""
        return ()

    @abstractmethod
    def weights(self, frontier: Frontier) -> Weights:
        """Return the weights at which the frontier's slots are seen from now on."""

    def histories(
        self,
        frontier: Frontier,
        transition: Transition,
        lineage: tuple[SoftStep, ...],  # noqa: ARG002
        ancestry: Ancestry,  # noqa: ARG002
    ) -> tuple[History, ...]:
        """Return the same history for all: what any row saw, and the frontier by weight."""
        any_row = tuple((slot, 1.0) for slot in frontier.slots[:1])
        return (History(any_row, self.weights(frontier)),) * len(transition.mass)


@dataclass(frozen=True, slots=True)
class Uniform(_SharedHistory):
    """Every live slot at weight 1: the scheme of the project's first descriptions."""

    def weights(self, frontier: Frontier) -> Weights:
        """Return weight 1 for every slot."""
        return tuple((slot, 1.0) for slot in frontier.slots)


@dataclass(frozen=True, slots=True)
class Marginal(_SharedHistory):
    """Every live slot at its forward weight: the members of a step share one unit."""

    def weights(self, frontier: Frontier) -> Weights:
        """Return each slot's forward weight."""
        return tuple(zip(frontier.slots, frontier.weights.tolist(), strict=False))


@dataclass(frozen=True, slots=True)
class Lineage:
    """Each candidate sees an earlier one at the probability that it descends from it.

    Attributes:
        sharpness: above 0; parent posteriors are raised to this power and renormalised before
            they enter the lineage, never the forward weights.
        soft_steps: at least 0 or infinite; the steps this far back are soft, older ones are the
            best parent chain alone. 0 is the rule `path`.
    """

    sharpness: float = 2.0
    soft_steps: float = 1

    def __post_init__(self) -> None:
        if not self.sharpness > 0 or math.isinf(self.sharpness):
            message = f"sharpness is {self.sharpness}; it must be above 0 and finite"
            raise InvalidValueError(message)
        whole = math.isinf(self.soft_steps) or float(self.soft_steps).is_integer()
        if not (self.soft_steps >= 0 and whole):
            message = f"window is {self.soft_steps}; it must be 0, 1, 2, ... or inf"
            raise InvalidValueError(message)

    @property
    def window(self) -> float:
        """How many steps back weights are soft."""
        return self.soft_steps

    def lineage(self, frontier: Frontier, transition: Transition) -> tuple[SoftStep, ...]:
        """Return `L_j` over the steps in the window; each row of each step sums to 1."""
        if self.window == 0 or not frontier.slots:
            return ()
        nearest = sharpened(transition.parent_posterior, self.sharpness).T
        older = frontier.lineage
        if not math.isinf(self.window):
            older = older[: int(self.window) - 1]
        elif older:
            older = older[:0]
        return (
            SoftStep(frontier.slots, nearest),
            *(SoftStep(step.slots, nearest @ step.weights) for step in older),
        )

    def histories(
        self,
        frontier: Frontier,
        transition: Transition,
        lineage: tuple[SoftStep, ...],
        ancestry: Ancestry,
    ) -> tuple[History, ...]:
        """Return each candidate's history: soft in the window, its best chain before."""
        if not frontier.slots:
            return (History((), ()),) * len(transition.mass)
        if math.isinf(self.window):
            return _mixed_histories(lineage[0])
        soft = [(step.slots, step.weights.tolist()) for step in lineage]
        hard = ancestry.slots_back(len(soft) + 1)
        histories = []
        for row, best in enumerate(transition.best_parent):
            parent = frontier.slots[best]
            weights: Weights = ()
            for slots, rows in soft:
                weights += tuple(zip(slots, rows[row], strict=True))
            if hard:
                weights += _hard_weights(hard, ancestry.ancestor(parent, len(soft)))
            histories.append(History(inherits=((parent, 1.0),), weights=weights))
        return tuple(histories)


def path_superposition() -> Lineage:
    """Return the rule `path`: each candidate sees its best parent chain and nothing else."""
    return Lineage(sharpness=1.0, soft_steps=0)


def sharpened(posterior: FloatArray, sharpness: float) -> FloatArray:
    """Raise the columns of a parent posterior [k, m] to a power and renormalise them."""
    if sharpness == 1.0:
        return posterior
    powered = (posterior / np.maximum.reduce(posterior)) ** sharpness
    scaled: FloatArray = powered / np.add.reduce(powered)
    return scaled


def _mixed_histories(nearest: SoftStep) -> tuple[History, ...]:
    """Return histories of an infinite window: the parents' views, mixed by their weights."""
    views = [tuple(zip(nearest.slots, row, strict=True)) for row in nearest.weights.tolist()]
    return tuple(History(inherits=view, weights=view) for view in views)


def _hard_weights(slots: Sequence[Slot], ancestor: Slot) -> Weights:
    """Weights over the step that just left the window: the best chain's slot at 1, others at 0."""
    return tuple((slot, 1.0 if slot == ancestor else 0.0) for slot in slots)

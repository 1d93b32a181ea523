"""Which branch a simulation goes into: what is known to be good, against what is hardly known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.search.statistics import Statistics


@dataclass(frozen=True, slots=True)
class Span:
    """The lowest and the highest mean value in a tree; values are held against it.

    Attributes:
        low: the lowest.
        high: the highest, not below it.
    """

    low: float = 0.0
    high: float = 0.0

    def __post_init__(self) -> None:
        if self.high < self.low:
            message = f"the values of a tree span from {self.low} to {self.high}; turn them round"
            raise InvalidValueError(message)

    def place(self, value: float) -> float:
        """Return where a value stands, 0 for the lowest and 1 for the highest; 0 if all are one."""
        width = self.high - self.low
        return (value - self.low) / width if width > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Puct:
    """Predictor and upper confidence bound applied to trees.

    The score of a child is Q + c P sqrt(N) / (1 + n), with its prior P, its own visits n and its
    parent's N (Silver et al., 2017; after Kocsis and Szepesvari, 2006). Q is the mean value, placed
    between the lowest and the highest of the tree, so that c means the same for every verifier
    (Schrittwieser et al., 2020); a child without visits is taken to be worth what its parent is.

    Attributes:
        c: how much the priors count against the values, at least 0.
    """

    c: float = 1.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.c) and self.c >= 0.0):
            message = f"mcts_c_puct is {self.c}; it must be 0 or more, and finite"
            raise InvalidValueError(message)

    def scores(
        self,
        parent: Statistics,
        priors: Sequence[float],
        children: Sequence[Statistics],
        span: Span,
    ) -> list[float]:
        """Return the score of each child."""
        breadth = self.c * math.sqrt(max(1, parent.tried))
        otherwise = span.place(parent.mean) if parent.visits else 0.0
        return [
            (span.place(child.expected(span.low)) if child.tried else otherwise)
            + breadth * prior / (1 + child.tried)
            for prior, child in zip(priors, children, strict=True)
        ]

    def choose(
        self,
        parent: Statistics,
        priors: Sequence[float],
        children: Sequence[Statistics],
        span: Span,
    ) -> int:
        """Return the child to go into; of equal ones the first."""
        scores = self.scores(parent, priors, children, span)
        return scores.index(max(scores))


def most_visited(children: Sequence[Statistics]) -> int:
    """Return the child that a search decides for; of equally visited ones the better, the first."""
    return max(
        range(len(children)), key=lambda one: (children[one].visits, children[one].mean, -one)
    )

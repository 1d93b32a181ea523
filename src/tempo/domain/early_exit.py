"""When a row may leave a model before its last layer.

Confident adaptive language modelling (Schuster et al. 2022, section 3): after some layers the row
is read out through the final norm and head, and leaves where a criterion reaches a threshold. The
keys and values of the layers it skips are projected from the state it left with (Elbayad et al.
2020, section 3.1), so that later rows find something at every layer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.tokens import TokenId

FRACTIONS = (0.2, 0.4, 0.6, 0.8, 0.95)
"""Shares of the depth after which a row is read out, unless others are named."""

NEVER = math.inf
"""A threshold that no row reaches."""


@dataclass(frozen=True, slots=True)
class LayerReading:
    """What a row says after some of the layers.

    Attributes:
        layer: how many layers it went through.
        token: the most probable token.
        margin: probability of the most probable token less that of the next.
        entropy: of the distribution, in nats.
        agreeing: how many exit layers in a row, straight before, had the same token.
        similarity: cosine between the row's state and its state one layer earlier.
    """

    layer: int
    token: TokenId
    margin: float
    entropy: float
    agreeing: int
    similarity: float


class Criterion(StrEnum):
    """What a row is judged by; every one grows with the confidence that it stands for.

    MARGIN: probability of the most probable token less that of the next, from 0 to 1.
    ENTROPY: exp(-entropy), which is 1 over the perplexity of the readout, above 0 to 1.
    AGREEMENT: how many exit layers in a row, straight before, had the same token: 0, 1, 2, ...
    SIMILARITY: cosine between the state and that of one layer earlier; it needs no readout.
    """

    MARGIN = "margin"
    ENTROPY = "entropy"
    AGREEMENT = "agreement"
    SIMILARITY = "similarity"

    @property
    def reads_head(self) -> bool:
        """Whether every exit layer is read out, whoever leaves there."""
        return self is not Criterion.SIMILARITY

    def confidence(self, reading: LayerReading) -> float:
        """Return what a threshold is held against."""
        match self:
            case Criterion.MARGIN:
                return reading.margin
            case Criterion.ENTROPY:
                return math.exp(-reading.entropy)
            case Criterion.AGREEMENT:
                return float(reading.agreeing)
            case Criterion.SIMILARITY:
                return reading.similarity


class Leaving(StrEnum):
    """Who leaves together.

    EACH: every row by itself; those that stay go on without it.
    SET: the rows of a session's pass at once, as soon as the last of them was ready.
    """

    EACH = "each"
    SET = "set"


@dataclass(frozen=True, slots=True)
class ExitLayer:
    """After how many layers rows are judged, from 1, and the confidence from which they leave."""

    layer: int
    threshold: float

    def __post_init__(self) -> None:
        if self.layer < 1:
            message = f"exit layer is {self.layer}; it must be 1 or more: so many layers run before"
            raise InvalidValueError(message)
        if math.isnan(self.threshold):
            message = f"the threshold of exit layer {self.layer} is nan; give a number"
            raise InvalidValueError(message)


@dataclass(frozen=True, slots=True)
class ExitRule:
    """Where rows are judged, by what, and who leaves together.

    Attributes:
        layers: where, each deeper than the one before; without any, no row leaves early.
        criterion: by what.
        leaving: every row by itself, or a set by its slowest.
    """

    layers: tuple[ExitLayer, ...]
    criterion: Criterion = Criterion.MARGIN
    leaving: Leaving = Leaving.EACH

    def __post_init__(self) -> None:
        numbers = [one.layer for one in self.layers]
        if any(later <= sooner for sooner, later in pairwise(numbers)):
            named = ", ".join(map(str, numbers))
            message = f"the exit layers are {named}; name each once, from the first to the deepest"
            raise InvalidValueError(message)

    def require_within(self, depth: int) -> None:
        """Refuse layers that a model does not have.

        Raises:
            InvalidValueError: for the deepest of them.
        """
        if self.layers:
            require_layer(self.layers[-1].layer, depth)

    def skips_layers_of(self, depth: int) -> bool:
        """Whether some row of a model of so many layers may leave before the last."""
        return any(one.layer < depth and one.threshold < NEVER for one in self.layers)

    def threshold_after(self, layer: int) -> float | None:
        """Return the threshold after so many layers; None where nobody is judged."""
        return next((one.threshold for one in self.layers if one.layer == layer), None)


@dataclass(frozen=True, slots=True)
class RowExit:
    """Where a row left.

    Attributes:
        layer: how many layers it went through.
        readings: what it said after each exit layer on the way, if the criterion reads the head.
    """

    layer: int
    readings: tuple[LayerReading, ...] = ()


@dataclass(frozen=True, slots=True)
class PassCost:
    """What a row costs in weights that are read, of a model with some layers.

    Attributes:
        depth: how many layers.
        layer: weights of one.
        carried: weights of one that make keys and values, which a skipped layer still reads.
        head: weights of the head, which every readout reads.
    """

    depth: int
    layer: int
    carried: int
    head: int

    @property
    def full(self) -> int:
        """Weights that a row reads which goes all the way."""
        return self.depth * self.layer + self.head

    def of(self, layer: int, readouts: int) -> int:
        """Return the weights that a row reads which leaves after so many layers."""
        skipped = self.depth - layer
        return layer * self.layer + skipped * self.carried + readouts * self.head


def require_layer(layer: int, depth: int) -> None:
    """Refuse an exit layer that a model does not have.

    Raises:
        InvalidValueError: if it is below 1 or above the number of layers.
    """
    if not 1 <= layer <= depth:
        message = f"exit layer {layer} does not exist; the model has layers 1 to {depth}"
        raise InvalidValueError(message)


def layers_at(fractions: Sequence[float], depth: int) -> tuple[int, ...]:
    """Return the exit layers at shares of the depth: rounded down, at least 1, each once.

    Raises:
        InvalidValueError: for a share that is not above 0 and at most 1.
    """
    for fraction in fractions:
        if not 0.0 < fraction <= 1.0:
            message = f"exit fraction is {fraction}; it must be above 0 and at most 1"
            raise InvalidValueError(message)
    found = {max(1, math.floor(fraction * depth + ROUNDING)) for fraction in fractions}
    return tuple(sorted(found))


ROUNDING = 1e-9
"""A share times the depth that is a whole number but for rounding is that number."""

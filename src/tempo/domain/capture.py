"""What a session takes down of its passes, for rules that judge candidates by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray

LAST_LAYERS = 3
"""The layers that a plain mean looks at."""

LOWEST_WEIGHT = 0.2
"""The weight of the first layer under several scales; the last one weighs 1."""


@dataclass(frozen=True, slots=True)
class LayerWeights:
    """Which layers' attention counts, and how much.

    Attributes:
        multi_scale: whether layers weigh from 0.2 at the first to 1 at the last; otherwise the
            last three weigh alike.
        last: under several scales, only so many last layers; None for all.
    """

    multi_scale: bool = True
    last: int | None = None

    def __post_init__(self) -> None:
        if self.last is not None and self.last < 1:
            message = f"num_layers_to_use is {self.last}; it must be 1 or more"
            raise InvalidValueError(message)

    def of(self, layers: int) -> FloatArray:
        """Return [layers] the weight of each layer, at least 0, summing to 1.

        Raises:
            InvalidValueError: if more layers are asked for than there are.
        """
        if self.last is not None and self.last > layers:
            message = (
                f"num_layers_to_use is {self.last} and the model has {layers} layers; "
                f"use 1 to {layers}"
            )
            raise InvalidValueError(message)
        used = (self.last or layers) if self.multi_scale else min(LAST_LAYERS, layers)
        weights = np.zeros(layers)
        weights[-used:] = np.linspace(LOWEST_WEIGHT, 1.0, used) if self.multi_scale else 1.0
        shares: FloatArray = weights / weights.sum()
        return shares


@dataclass(frozen=True, slots=True)
class Capture:
    """What a session takes down of every pass; nothing by default, so that nothing is paid for.

    Attributes:
        received: for each entry, the attention that the rows gave earlier tokens is kept, layers
            weighted as it says.
        context: each row's attention to its context: the largest share of one earlier token in the
            last layer, and how focused the last three layers are.
        hidden: the rows' final hidden states, for the distances between them.
    """

    received: tuple[LayerWeights, ...] = ()
    context: bool = False
    hidden: bool = False

    def __or__(self, other: Capture) -> Capture:
        """Return what serves both."""
        added = tuple(entry for entry in other.received if entry not in self.received)
        return Capture(
            self.received + added, self.context or other.context, self.hidden or other.hidden
        )

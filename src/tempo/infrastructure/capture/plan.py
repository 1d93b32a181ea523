"""What the passes of a session have to tell, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from tempo.domain.capture import LAST_LAYERS
from tempo.infrastructure.ranks.group import ALONE

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.domain.capture import Capture
    from tempo.infrastructure.ranks.group import Ranks


@dataclass(frozen=True, eq=False)
class CapturePlan:
    """What a model's passes have to tell.

    Attributes:
        layers: how many layers the model has.
        received: [entries][layers] how much each layer's attention counts.
        context: whether each row's attention to its context is summed up.
        hidden: whether the rows' final hidden states are kept.
        ranks: the processes that hold the heads, equally many each.
    """

    layers: int
    received: tuple[tuple[float, ...], ...]
    context: bool
    hidden: bool
    ranks: Ranks = ALONE
    _spread: dict[tuple[int, int, int, torch.device], Tensor] = field(default_factory=dict)

    @classmethod
    def of(cls, capture: Capture, layers: int, ranks: Ranks = ALONE) -> CapturePlan:
        """Return the plan of a capture.

        Raises:
            InvalidValueError: if it asks for more layers than there are.
        """
        received = tuple(tuple(entry.of(layers).tolist()) for entry in capture.received)
        return cls(layers, received, capture.context, capture.hidden, ranks)

    def over_all_heads(self, mean: Tensor) -> Tensor:
        """Return a mean over all heads, given that over those held here; it may be overwritten."""
        return self.ranks.mean(mean)

    @property
    def attends(self) -> bool:
        """Whether attention is captured."""
        return self.context or bool(self.received)

    @property
    def tells(self) -> bool:
        """Whether anything is captured."""
        return self.attends or self.hidden

    @cached_property
    def first(self) -> int:
        """The first layer that counts for anything; all after it are reduced."""
        recent = self.layers - LAST_LAYERS if self.context else self.layers
        counting = [layer for entry in self.received for layer, it in enumerate(entry) if it]
        return max(0, min([recent, *counting]))

    def is_recent(self, layer: int) -> bool:
        """Whether a layer is one of the last, whose attention to the context is looked at."""
        return self.context and layer >= self.layers - LAST_LAYERS

    def spread(self, first: int, layers: int, heads: int, device: torch.device) -> Tensor:
        """Return [entries, layers * heads]: what each head of some layers counts."""
        key = (first, layers, heads, device)
        if key not in self._spread:
            weights = torch.tensor(self.received, device=device)[:, first : first + layers]
            self._spread[key] = weights.repeat_interleave(heads, 1) / heads
        return self._spread[key]

"""Positions of the logical layout as the position ids that a model reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.domain.errors import SessionError
from tempo.infrastructure.reading.pass_check import require_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


class PositionIdRemapper:
    """Gives the model the positions that the layout decided, not those of the cache's rows.

    transformers would count on from the cache's length; tokens of one step share a position here,
    and rows of the cache stand in no order.
    """

    def __init__(self, context: int, device: torch.device) -> None:
        """Serve a model with `context` positions, on its device."""
        self.context = context
        self._device = device

    def prompt(self, length: int) -> Tensor:
        """Return [1, length] the positions of a prompt: 0, 1, 2, ...

        Raises:
            PromptError: for a prompt that is empty or leaves no room for a first step.
        """
        require_room(length, self.context)
        return torch.arange(length, device=self._device)[None]

    def nodes(self, positions: Sequence[int]) -> Tensor:
        """Return [1, nodes] the positions of a pass.

        Raises:
            SessionError: for a position outside the context.
        """
        if max(positions) >= self.context:
            message = f"position {max(positions)} is past the model's context of {self.context}"
            raise SessionError(message)
        return torch.tensor([positions], device=self._device)

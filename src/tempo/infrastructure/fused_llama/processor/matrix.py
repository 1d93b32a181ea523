"""Weights of a product as they lie in memory, and what kernels make of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    from torch import Tensor

    from tempo.infrastructure.fused_llama.processor.compiling import Floats
    from tempo.infrastructure.fused_llama.processor.widening import Held

    Pair = tuple[Held, Floats]

BLOCK = 1 << 20
"""Weights that are widened at a time: as float32 they stay in a core's own cache, or near it."""


class Matrix:
    """Weights [output, input] in float32, bfloat16 or int8.

    Attributes:
        pair: what kernels take: float32 as it is, bfloat16 as whole numbers of sixteen bits, int8;
            and [output] what products are multiplied by.
    """

    def __init__(self, weights: Tensor, scales: Tensor | None = None) -> None:
        """Hold a view of weights, and the scales of whole numbers."""
        self._weights, self._scales = weights, scales
        held = weights.view(torch.uint16) if weights.dtype == torch.bfloat16 else weights
        ones = np.ones(len(weights), dtype=np.float32)
        self.pair: Pair = (held.numpy(), ones if scales is None else scales.numpy())

    def rows(self, chosen: Sequence[int]) -> Floats:
        """Return [chosen, input] some outputs' weights, in float32 of their own memory."""
        numbers, scales = self.pair
        held: npt.NDArray[Any] = numbers[list(chosen)]
        if held.dtype == np.uint16:
            return (held.astype(np.uint32) << 16).view(np.float32)
        found: Floats = held if self._scales is None else held * scales[list(chosen), None]
        return found

    def product(self, inputs: Tensor, found: Tensor | None = None) -> Tensor:
        """Return [row, output] PyTorch's products of many rows [row, input], in float32.

        They are written to `found` where it is given.
        """
        outputs, size = self._weights.shape
        found = inputs.new_empty(len(inputs), outputs) if found is None else found
        if self._weights.dtype == torch.float32:
            return torch.mm(inputs, self._weights.T, out=found)
        step = max(1, BLOCK // size)
        for first in range(0, outputs, step):
            block = self._weights[first : first + step].float()
            torch.mm(inputs, block.T, out=found[:, first : first + step])
        return found if self._scales is None else found.mul_(self._scales)

"""What a pass of a processor writes on its way, and what each layer does with it.

Few rows go through kernels that read every weight once. Many rows keep a processor busy computing:
their products are PyTorch's, and the kernels do what stands between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from tempo.infrastructure.fused_llama.processor.layers import begun, ended, normalised, turned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.fused_llama.architecture import Architecture
    from tempo.infrastructure.fused_llama.processor.compiling import Floats
    from tempo.infrastructure.fused_llama.weights import LayerWeights, Weights

NONE = np.empty(0, dtype=np.float32)
"""What a model does not have."""


class Scratch:
    """Memory of a pass of some rows; taken once for each number of rows."""

    def __init__(self, rows: int, shape: Architecture) -> None:
        """Reserve it."""
        sizes = (shape.hidden, shape.merged, shape.heads * shape.head_dim, shape.inner)
        blocks = [np.zeros((rows, size), dtype=np.float32) for size in sizes]
        self.normed, self.merged, self.mixed, self.inner = blocks
        self.added = np.zeros_like(self.normed)


class PassState:
    """A pass on its way through the layers.

    Attributes:
        hidden: [row, hidden] the residual stream.
        angles: cosines and sines, each [row, head_dim / 2].
        scratch: what layers write.
        shape: the model's.
        heads: query and key heads.
    """

    def __init__(
        self, weights: Weights, tokens: Sequence[int], positions: Sequence[int], scratch: Scratch
    ) -> None:
        """Begin with the embeddings of tokens at positions."""
        self.shape, self.scratch = weights.architecture, scratch
        self.heads = (self.shape.heads, self.shape.kv_heads)
        self.hidden: Floats = numbers(weights.embedding)[list(tokens)]
        angles = np.array(positions, dtype=np.float32)[:, None] * numbers(weights.frequencies)
        scale = np.float32(weights.rotation_scale)
        self.angles = (np.cos(angles) * scale, np.sin(angles) * scale)


class NarrowLayer:
    """A layer for few rows."""

    def __init__(self, layer: LayerWeights) -> None:
        """Hold views of a layer's weights."""
        norms = (numbers(layer.query_norm), numbers(layer.key_norm))
        self._turning = (numbers(layer.merged_bias), norms)
        self._before = (numbers(layer.before_attention), numbers(layer.merged))
        after = (layer.output, layer.before_inner, layer.gate_up, layer.down)
        self._after = tuple(map(numbers, after))

    def begin(self, state: PassState) -> None:
        """Write what attention takes."""
        epsilon, scratch = state.shape.epsilon, state.scratch
        begun(
            state.hidden, *self._before, *self._turning, state.heads, state.angles, epsilon,
            scratch.normed, scratch.merged,
        )  # fmt: skip

    def end(self, state: PassState) -> None:
        """Add what attention found and what the feed-forward layer makes."""
        epsilon, scratch = state.shape.epsilon, state.scratch
        ended(
            state.hidden, scratch.mixed, *self._after, epsilon,
            scratch.normed, scratch.inner, scratch.added,
        )  # fmt: skip


class WideLayer:
    """The same for many rows."""

    def __init__(self, layer: LayerWeights) -> None:
        """Hold a layer's weights."""
        norms = (numbers(layer.query_norm), numbers(layer.key_norm))
        self._turning = (numbers(layer.merged_bias), norms)
        self._layer = layer

    def begin(self, state: PassState) -> None:
        """Write what attention takes."""
        layer, epsilon, scratch = self._layer, state.shape.epsilon, state.scratch
        normalised(state.hidden, numbers(layer.before_attention), epsilon, scratch.normed)
        merged = torch.from_numpy(scratch.merged)
        torch.mm(torch.from_numpy(scratch.normed), layer.merged.T, out=merged)
        turned(scratch.merged, *self._turning, state.heads, state.angles, epsilon)

    def end(self, state: PassState) -> None:
        """Add what attention found and what the feed-forward layer makes."""
        layer, epsilon, scratch = self._layer, state.shape.epsilon, state.scratch
        hidden = torch.from_numpy(state.hidden)
        hidden.addmm_(torch.from_numpy(scratch.mixed), layer.output.T)
        normalised(state.hidden, numbers(layer.before_inner), epsilon, scratch.normed)
        both = functional.linear(torch.from_numpy(scratch.normed), layer.gate_up)
        gate, up = both.chunk(2, -1)
        hidden.addmm_(functional.silu(gate).mul_(up), layer.down.T)


def numbers(tensor: Tensor | None) -> Floats:
    """Return a tensor as numpy sees it, and nothing for what a model does not have."""
    found: Floats = NONE if tensor is None else tensor.numpy()
    return found

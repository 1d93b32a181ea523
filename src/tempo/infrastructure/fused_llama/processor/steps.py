"""What a pass of a processor writes on its way, and what each layer does with it.

Few rows go through kernels that read every weight once. Many rows keep a processor busy computing:
their products are PyTorch's, and the kernels do what stands between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch.nn import functional

from tempo.infrastructure.fused_llama.processor.layers import begun, ended, normalised, turned
from tempo.infrastructure.fused_llama.processor.matrix import Matrix

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
        self, weights: Weights, hidden: Floats, positions: Sequence[int], scratch: Scratch
    ) -> None:
        """Begin with the embeddings [row, hidden] of tokens at positions."""
        self.shape, self.scratch = weights.architecture, scratch
        self.heads = (self.shape.heads, self.shape.kv_heads)
        self.hidden = hidden
        angles = np.array(positions, dtype=np.float32)[:, None] * floats(weights.frequencies)
        scale = np.float32(weights.rotation_scale)
        self.angles = (np.cos(angles) * scale, np.sin(angles) * scale)


class LayerMatrices:
    """What a layer multiplies by, and what stands between its products in float32."""

    def __init__(self, layer: LayerWeights) -> None:
        """Hold views of a layer's products."""
        self.merged = Matrix(layer.merged, layer.merged_scales)
        self.output = Matrix(layer.output, layer.output_scales)
        self.gate_up = Matrix(layer.gate_up, layer.gate_up_scales)
        self.down = Matrix(layer.down, layer.down_scales)
        norms = (floats(layer.query_norm), floats(layer.key_norm))
        self.turning = (floats(layer.merged_bias), norms)
        self.before_attention = floats(layer.before_attention)
        self.before_inner = floats(layer.before_inner)


class Layer(Protocol):
    """What stands before a layer's attention, and after it."""

    def begin(self, state: PassState) -> None:
        """Write what attention takes."""
        ...

    def end(self, state: PassState) -> None:
        """Add what attention found and what the feed-forward layer makes."""
        ...


class NarrowLayer:
    """A layer for few rows."""

    def __init__(self, layer: LayerMatrices) -> None:
        """Hold views of a layer's weights."""
        self._turning = layer.turning
        self._before = (layer.before_attention, layer.merged.pair)
        self._after = (layer.output.pair, layer.before_inner, layer.gate_up.pair, layer.down.pair)

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

    def __init__(self, layer: LayerMatrices) -> None:
        """Hold a layer's weights."""
        self._layer = layer

    def begin(self, state: PassState) -> None:
        """Write what attention takes."""
        layer, epsilon, scratch = self._layer, state.shape.epsilon, state.scratch
        normalised(state.hidden, layer.before_attention, epsilon, scratch.normed)
        merged = torch.from_numpy(scratch.merged)
        layer.merged.product(torch.from_numpy(scratch.normed), merged)
        turned(scratch.merged, *layer.turning, state.heads, state.angles, epsilon)

    def end(self, state: PassState) -> None:
        """Add what attention found and what the feed-forward layer makes."""
        layer, epsilon, scratch = self._layer, state.shape.epsilon, state.scratch
        hidden = torch.from_numpy(state.hidden)
        hidden.add_(layer.output.product(torch.from_numpy(scratch.mixed)))
        normalised(state.hidden, layer.before_inner, epsilon, scratch.normed)
        both = layer.gate_up.product(torch.from_numpy(scratch.normed))
        gate, up = both.chunk(2, -1)
        hidden.add_(layer.down.product(functional.silu(gate).mul_(up)))


def floats(tensor: Tensor | None) -> Floats:
    """Return a tensor in float32 as numpy sees it, and nothing for what a model does not have."""
    found: Floats = NONE if tensor is None else tensor.float().numpy()
    return found

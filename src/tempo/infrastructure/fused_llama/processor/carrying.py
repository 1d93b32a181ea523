"""Keys and values of the layers that a row skips, from the state it left with.

State propagation: Elbayad et al. 2020, section 3.1; Schuster et al. 2022, section 3.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.infrastructure.fused_llama.processor.layers import begun
from tempo.infrastructure.fused_llama.processor.surveying import stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.fused_llama.architecture import Architecture
    from tempo.infrastructure.fused_llama.plain_decoder import Pass
    from tempo.infrastructure.fused_llama.processor.compiling import Floats
    from tempo.infrastructure.fused_llama.processor.steps import LayerMatrices

Angles = tuple["Floats", "Floats"]


class KeyValueLayer:
    """The part of a layer's merged product that makes keys and values."""

    def __init__(self, layer: LayerMatrices, shape: Architecture) -> None:
        """Hold views of a layer's weights."""
        first = shape.heads * shape.head_dim
        weights, scales = layer.merged.pair
        bias, norms = layer.turning
        self._before = (layer.before_attention, (weights[first:], scales[first:]))
        self._turning = (bias[first:], norms)
        self._heads = (0, shape.kv_heads)
        self._epsilon = shape.epsilon

    def project(self, hidden: Floats, angles: Angles, normed: Floats, states: Floats) -> None:
        """Write [row, 2 * kv_head * head_dim] keys, turned to their positions, and values."""
        begun(
            hidden, *self._before, *self._turning, self._heads, angles, self._epsilon,
            normed, states,
        )  # fmt: skip


class Carried:
    """The rows of a pass that have left, with the states they left with."""

    def __init__(self, layers: Sequence[KeyValueLayer], shape: Architecture) -> None:
        """Carry nothing yet."""
        self._layers = layers
        self._hidden = np.empty((0, shape.hidden), dtype=np.float32)
        self._angles: Angles = (np.empty((0, 0), np.float32),) * 2
        self._states = np.empty((0, 2 * shape.kv_heads * shape.head_dim), dtype=np.float32)
        self._normed = self._hidden
        self._places: list[tuple[Pass, slice]] = []

    def add(self, passes: Sequence[Pass], hidden: Floats, angles: Angles) -> None:
        """Take rows along; the passes hold no others."""
        before = len(self._hidden)
        if before:
            hidden = np.concatenate([self._hidden, hidden])
            one, other = zip(self._angles, angles, strict=True)
            angles = (np.concatenate(one), np.concatenate(other))
        self._hidden, self._angles = np.ascontiguousarray(hidden), angles
        self._normed = np.empty_like(self._hidden)
        self._states = np.empty((len(hidden), self._states.shape[1]), dtype=np.float32)
        for given in passes:
            self._places.append((given, slice(before, before + len(given.rows))))
            before += len(given.rows)

    def write(self, layer: int) -> None:
        """Write their keys and values of a layer to the caches."""
        if not self._places:
            return
        self._layers[layer].project(self._hidden, self._angles, self._normed, self._states)
        for given, own in self._places:
            keys, values = given.cache.keys[layer].numpy(), given.cache.values[layer].numpy()
            stored(self._states[own], keys, values, np.array(given.rows))

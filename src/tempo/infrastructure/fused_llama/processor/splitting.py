"""Passes on processors of a model whose layers several processes hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional

from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder
from tempo.infrastructure.fused_llama.processor.layers import add, normalised
from tempo.infrastructure.fused_llama.processor.products import gated, product
from tempo.infrastructure.fused_llama.processor.steps import NarrowLayer, WideLayer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.infrastructure.fused_llama.processor.compiling import Floats
    from tempo.infrastructure.fused_llama.processor.steps import LayerMatrices, PassState
    from tempo.infrastructure.fused_llama.weights import Weights
    from tempo.infrastructure.ranks.group import Ranks


class SplitNarrowLayer(NarrowLayer):
    """A process's part of a layer, for few rows."""

    def __init__(self, layer: LayerMatrices, ranks: Ranks) -> None:
        """Hold views of a part's weights."""
        super().__init__(layer)
        self._layer, self._ranks = layer, ranks

    def end(self, state: PassState) -> None:
        """Add what all processes' parts found and make."""
        layer, scratch = self._layer, state.scratch
        product(scratch.mixed, layer.output.pair, scratch.added)
        self._add(state)
        normalised(state.hidden, layer.before_inner, state.shape.epsilon, scratch.normed)
        gated(scratch.normed, layer.gate_up.pair, scratch.inner)
        product(scratch.inner, layer.down.pair, scratch.added)
        self._add(state)

    def _add(self, state: PassState) -> None:
        add(self._ranks.total(torch.from_numpy(state.scratch.added)).numpy(), state.hidden)


class SplitWideLayer(WideLayer):
    """The same for many rows."""

    def __init__(self, layer: LayerMatrices, ranks: Ranks) -> None:
        """Hold a part's weights."""
        super().__init__(layer)
        self._ranks = ranks

    def end(self, state: PassState) -> None:
        """Add what all processes' parts found and make."""
        layer, epsilon, scratch = self._layer, state.shape.epsilon, state.scratch
        hidden, ranks = torch.from_numpy(state.hidden), self._ranks
        hidden.add_(ranks.total(layer.output.product(torch.from_numpy(scratch.mixed))))
        normalised(state.hidden, layer.before_inner, epsilon, scratch.normed)
        both = layer.gate_up.product(torch.from_numpy(scratch.normed))
        gate, up = both.chunk(2, -1)
        hidden.add_(ranks.total(layer.down.product(functional.silu(gate).mul_(up))))


class SplitProcessorDecoder(ProcessorDecoder):
    """Runs this process's part of each pass; all processes run theirs at the same time."""

    def __init__(self, weights: Weights) -> None:
        """Serve the merged weights of a part, output-major on a processor."""
        super().__init__(weights)
        ranks = weights.ranks
        self._narrow = tuple(SplitNarrowLayer(layer, ranks) for layer in self._matrices)
        self._wide = tuple(SplitWideLayer(layer, ranks) for layer in self._matrices)

    def _embedded(self, tokens: Sequence[int]) -> Floats:
        rows = self.weights.embedded(torch.tensor(tokens)).float()
        return np.ascontiguousarray(rows.numpy())

    def _scored_few(self, normed: Floats) -> Floats:
        return self._beside(torch.from_numpy(super()._scored_few(normed))).numpy()

    def _scored(self, normed: Tensor) -> Tensor:
        return self._beside(super()._scored(normed))

    def _beside(self, part: Tensor) -> Tensor:
        return self.weights.ranks.beside(part, self.weights.architecture.vocabulary)

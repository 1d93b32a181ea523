"""The plain decoder of a model whose layers several processes hold.

Each has some heads, with their rows of the cache, and some inner numbers. What a process's heads
found and what its inner numbers make are parts of sums (Shoeybi et al. 2019, section 3): two sums
over all processes a layer, one for the embeddings, and the logits put together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.weights import LayerWeights


class SplitDecoder(PlainDecoder):
    """Runs this process's part of each pass; all processes run theirs at the same time."""

    def _after_attention(self, layer: LayerWeights, hidden: Tensor, found: Tensor) -> Tensor:
        ranks, shape = self.weights.ranks, self.weights.architecture
        hidden = hidden + ranks.total(functional.linear(found, layer.output))
        inner = twins.gated(layer, shape, hidden)
        return hidden + ranks.total(functional.linear(inner, layer.down))

    def _scored(self, normed: Tensor) -> Tensor:
        part = super()._scored(normed)
        return self.weights.ranks.beside(part, self.weights.architecture.vocabulary)

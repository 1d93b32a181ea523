"""Captured passes of a model whose layers several GPUs hold: the collectives are in the graph.

What `split_decoder` adds up in plain PyTorch, the graph adds up here, by NCCL: twice a layer and
once for the embeddings. The logits are put together behind the graph. All processes capture and
replay the same passes in the same order, since they are told the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder
from tempo.infrastructure.fused_llama.kernel_step import KernelStep, logits_size
from tempo.infrastructure.fused_llama.split_decoder import SplitDecoder
from tempo.infrastructure.fused_llama.staging import HEADER, SESSION

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.tiles import Tile, Tiles
    from tempo.infrastructure.fused_llama.weights import LayerWeights, Weights

BLOCK = 1024
"""Numbers of a row that one program adds."""


class SplitKernelStep(KernelStep):
    """One process's part of a pass, with what all of them add up between its kernels."""

    def __init__(self, weights: Weights, width: int, tiles: Tiles) -> None:
        """Reserve memory for `width` rows, of all sessions together."""
        super().__init__(weights, width, tiles)
        hidden, device = weights.architecture.hidden, weights.device
        blocks = -(-hidden // BLOCK)
        self.part = torch.empty(width, hidden, dtype=weights.dtype, device=device)
        self.after_output = torch.empty(blocks, width, device=device)
        self.after_down = torch.empty(blocks, width, device=device)
        self._own = torch.zeros(HEADER + 2 * width, dtype=torch.int64, device=device)
        self._own[HEADER : HEADER + width] = torch.arange(width, device=device)

    def embed(self, ints: Tensor, sessions: int) -> None:
        """Start from what the processes know of the tokens together."""
        start, width = HEADER + sessions * SESSION, self.width
        rows = self.weights.embedded(ints[start : start + width])
        self._own[HEADER + width :] = ints[start + width : start + 2 * width]
        self._begin(self._own, rows, 0)

    def multiply_output(self, layer: LayerWeights) -> None:
        """Add what the heads of all processes found."""
        self._product(self.mixed, layer.output, self.part, self.tiles.output)
        self._add(layer.before_inner, self.after_output)

    def multiply_down(self, layer: LayerWeights, norm: Tensor) -> None:
        """Add what the inner numbers of all processes make."""
        self._product(self.inner, layer.down, self.part, self.tiles.down)
        self._add(norm, self.after_down)

    def _add(self, norm: Tensor, squares: Tensor) -> None:
        from tempo.infrastructure.fused_llama.kernels.joining import added  # noqa: PLC0415 - Triton is optional

        total = self.weights.ranks.total(self.part)
        added[(self.width, len(squares))](
            total, norm, self.hidden, self.scaled, squares, self.width, total.shape[1], BLOCK,
            num_warps=4,
        )  # fmt: skip


class SplitGraphDecoder(SplitDecoder, GraphDecoder):
    """Runs this process's part of narrow passes as graphs, and of all others in plain PyTorch."""

    def _new_step(self, rows: int) -> KernelStep:
        return SplitKernelStep(self.weights, rows, self._cut(rows))

    def _whole(self, block: Tensor, rows: int) -> Tensor:
        weights, tile = self.weights, self._cut(rows).head
        vocabulary = weights.architecture.vocabulary
        part = block[: rows * len(weights.head)].view(rows, -1)
        logits = weights.ranks.beside(part, vocabulary)
        return summarised(logits, tile)


def summarised(logits: Tensor, tile: Tile) -> Tensor:
    """Return the block that the kernels of a head, cut so, leave of [row, vocabulary] logits."""
    rows, vocabulary = logits.shape
    tiles, size = logits_size(vocabulary, rows, tile)
    beyond = tiles * tile.columns - vocabulary
    cut = functional.pad(logits, (0, beyond), value=-torch.inf).view(rows, tiles, -1)
    peaks = cut.amax(2)
    masses = cut.sub(peaks[:, :, None]).exp_().sum(2)
    parts = [logits.flatten(), peaks.flatten(), masses.flatten(), logits.logsumexp(1)]
    return torch.cat(parts, out=logits.new_empty(size))

"""One pass as a row of kernels over fixed memory: what a graph captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.fused_llama.tiles import SMALLEST_TILE, Tile, Tiles, power_of_two

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.split_attention import SplitAttention
    from tempo.infrastructure.fused_llama.weights import LayerWeights, Weights

LANES, CHUNK = 128, 512
"""A round of fetching ahead, as the kernels count it: lanes, and bytes of each."""


def logits_size(vocabulary: int, width: int, tile: Tile) -> tuple[int, int]:
    """Return the tiles of the head, and the floats of a block of logits with its summaries."""
    tiles = -(-vocabulary // tile.columns)
    return tiles, width * vocabulary + 2 * width * tiles + width


class KernelStep:
    """The memory of passes of one width, and the kernels over it."""

    def __init__(self, weights: Weights, width: int, tiles: Tiles) -> None:
        """Reserve memory for `width` rows, of all sessions together."""
        shape, device, dtype = weights.architecture, weights.device, weights.dtype
        self.weights, self.width, self.tiles = weights, width, tiles.fitted(dtype.itemsize)
        tiles = self.tiles
        self.rows = max(SMALLEST_TILE, width)
        self.precision = "ieee" if dtype == torch.float32 else "tf32"
        self.overlap = {"launch_pdl": True} if tiles.overlapped else {}

        def empty(*size: int, dtype: torch.dtype = dtype) -> Tensor:
            return torch.empty(size, dtype=dtype, device=device)

        real = torch.float32
        self.hidden = empty(width, shape.hidden)
        self.scaled = empty(width, shape.hidden)
        self.merged = empty(width, shape.merged)
        self.mixed = empty(width, shape.heads * shape.head_dim).zero_()  # rows of no session stay
        self.inner = empty(width, shape.inner)
        self.cosines = empty(width, shape.head_dim // 2, dtype=real)
        self.sines = empty(width, shape.head_dim // 2, dtype=real)
        deepest = max(tiles.output.splits, tiles.down.splits, tiles.merged.splits)
        self.sums = empty(deepest, width, max(shape.hidden, shape.merged), dtype=real)
        self.after_output = empty(-(-shape.hidden // tiles.output.columns), width, dtype=real)
        self.after_down = empty(-(-shape.hidden // tiles.down.columns), width, dtype=real)
        self.tickets = torch.zeros(4096, dtype=torch.int32, device=device)

    def launch(self, ints: Tensor, floats: Tensor, attention: SplitAttention) -> None:
        """Run one pass: `ints` hold addresses, sizes and tokens, `floats` what each row sees."""
        self.embed(ints, attention.sessions)
        layers = self.weights.layers
        for number, layer in enumerate(layers):
            later = layers[number + 1].before_attention if number + 1 < len(layers) else None
            self.multiply_merged(layer)
            attention.launch(ints, floats, number)
            self.multiply_output(layer)
            self.multiply_gate_up(layer)
            self.multiply_down(layer, self.weights.norm if later is None else later)
        self.score(ints)

    def embed(self, ints: Tensor, sessions: int) -> None:
        """Start the residual stream and the rotation of each row."""
        self._begin(ints, self.weights.embedding, sessions)

    def _begin(self, ints: Tensor, embedding: Tensor, sessions: int) -> None:
        """Start from rows of `embedding`, which `ints` name behind so many sessions."""
        from tempo.infrastructure.fused_llama.kernels.scoring import embedded  # noqa: PLC0415 - Triton is optional

        weights, shape = self.weights, self.weights.architecture
        half = shape.head_dim // 2
        embedded[(self.width,)](
            ints, embedding, weights.layers[0].before_attention, weights.frequencies,
            self.hidden, self.scaled, self.after_down, self.cosines, self.sines,
            weights.rotation_scale, sessions, self.width, shape.hidden, half, power_of_two(half),
            1024, len(self.after_down),
        )  # fmt: skip

    def multiply_merged(self, layer: LayerWeights) -> None:
        """Norm, then queries, keys and values."""
        self._product(
            self.scaled, layer.merged, self.merged, self.tiles.merged, squares=self.after_down,
            bias=layer.merged_bias,
        )  # fmt: skip

    def multiply_output(self, layer: LayerWeights) -> None:
        """Add what attention found to the residual stream."""
        self._product(
            self.mixed, layer.output, self.hidden, self.tiles.output, norm=layer.before_inner,
            squares_out=self.after_output,
        )  # fmt: skip

    def multiply_gate_up(self, layer: LayerWeights) -> None:
        """Norm, then the gated half of the feed-forward layer."""
        self._product(
            self.scaled, layer.gate_up, self.inner, self.tiles.gate_up, squares=self.after_output
        )

    def multiply_down(self, layer: LayerWeights, norm: Tensor) -> None:
        """Add the feed-forward layer to the residual stream; `norm` is the next norm's weight."""
        self._product(
            self.inner, layer.down, self.hidden, self.tiles.down, norm=norm,
            squares_out=self.after_down,
        )  # fmt: skip

    def _product(  # noqa: PLR0913 - what stands before and after a product
        self,
        states: Tensor,
        weight: Tensor,
        out: Tensor,
        tile: Tile,
        *,
        squares: Tensor | None = None,
        bias: Tensor | None = None,
        norm: Tensor | None = None,
        squares_out: Tensor | None = None,
    ) -> None:
        from tempo.infrastructure.fused_llama.kernels.products import product  # noqa: PLC0415 - Triton is optional

        gated = out is self.inner
        outputs = len(weight) // 2 if gated else len(weight)
        sources = 0 if squares is None else len(squares)
        splits = tile.splits if weight.shape[1] % tile.splits == 0 else 1
        product[(-(-outputs // tile.columns), splits)](
            states, squares, weight, bias, self.hidden, norm, out, self.scaled, squares_out,
            self.sums, self.tickets, self.weights.architecture.epsilon,
            OUTPUTS=outputs, INPUTS=weight.shape[1], WIDTH=self.width, ROWS=self.rows,
            COLUMNS=tile.columns, DEPTH=tile.depth, SPLITS=splits,
            SOURCES=sources, SOURCES_PADDED=power_of_two(max(1, sources)),
            GATED=gated, BIASED=bias is not None, ADDED=norm is not None,
            EARLY=_early(tile, outputs, weight), BYTES=weight.element_size(),
            OVERLAPPED=self.tiles.overlapped, PRECISION=self.precision,
            num_warps=tile.warps, num_stages=tile.stages, **self.overlap,
        )  # fmt: skip

    def score(self, ints: Tensor) -> None:
        """Write the logits of the tokens whose rows of the head are here, and their summaries."""
        from tempo.infrastructure.fused_llama.kernels.scoring import (  # noqa: PLC0415 - Triton is optional
            scored,
            totalled,
        )

        weights, tile = self.weights, self.tiles.head
        columns, inputs = weights.head.shape
        count, _ = logits_size(columns, self.width, tile)
        sources = len(self.after_down)
        scored[(count,)](
            ints, self.scaled, self.after_down, weights.head, weights.architecture.epsilon,
            VOCABULARY=columns, INPUTS=inputs, WIDTH=self.width, ROWS=self.rows,
            COLUMNS=tile.columns, DEPTH=tile.depth, TILES=count, SOURCES=sources,
            SOURCES_PADDED=power_of_two(sources),
            EARLY=_early(tile, columns, weights.head), BYTES=weights.head.element_size(),
            OVERLAPPED=self.tiles.overlapped, PRECISION=self.precision,
            num_warps=tile.warps, num_stages=tile.stages, **self.overlap,
        )  # fmt: skip
        totalled[(self.width,)](
            ints, columns, self.width, count, power_of_two(count),
            OVERLAPPED=self.tiles.overlapped, num_warps=4, **self.overlap,
        )  # fmt: skip


def _early(tile: Tile, outputs: int, weight: Tensor) -> int:
    """Return the rounds that a program fetches ahead; none where its rows are too short or few."""
    reached = tile.early * LANES // tile.columns * CHUNK
    length = weight.shape[1] * weight.element_size() // tile.splits
    return tile.early if outputs % tile.columns == 0 and reached <= length else 0

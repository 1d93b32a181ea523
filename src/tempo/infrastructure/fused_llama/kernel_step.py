"""One pass as a row of kernels over fixed memory: what a graph captures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.fused_llama.kernels.attention import attention, received
from tempo.infrastructure.fused_llama.kernels.products import product
from tempo.infrastructure.fused_llama.kernels.scoring import embedded, scored, totalled
from tempo.infrastructure.fused_llama.tiles import SMALLEST_TILE, Tile, Tiles, power_of_two

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.weights import Weights

HEADER = 8
"""Numbers before the tokens, as the kernels count them."""

KEY_BLOCK = 64
"""Cache rows that a program of attention takes at once."""


def logits_size(vocabulary: int, width: int, tile: Tile) -> tuple[int, int]:
    """Return the tiles of the head, and the floats of a block of logits with its summaries."""
    tiles = -(-vocabulary // tile.columns)
    return tiles, width * vocabulary + 2 * width * tiles + width


class KernelStep:
    """The memory of passes of one width, and the kernels over it."""

    def __init__(self, weights: Weights, width: int, tiles: Tiles) -> None:
        """Reserve memory for `width` rows."""
        self.weights, self.width, self.tiles = weights, width, tiles
        shape, device, dtype = weights.architecture, weights.device, weights.dtype
        self.rows = max(SMALLEST_TILE, width)
        self.queries = max(SMALLEST_TILE, power_of_two(shape.group) * width)
        self.precision = "ieee" if dtype == torch.float32 else "tf32"

        def empty(*size: int, dtype: torch.dtype = dtype) -> Tensor:
            return torch.empty(size, dtype=dtype, device=device)

        real = torch.float32
        self.hidden = empty(width, shape.hidden)
        self.merged = empty(width, shape.merged)
        self.mixed = empty(width, shape.heads * shape.head_dim)
        self.inner = empty(width, shape.inner)
        self.cosines = empty(width, shape.head_dim // 2, dtype=real)
        self.sines = empty(width, shape.head_dim // 2, dtype=real)
        parts = shape.kv_heads * tiles.splits * self.queries
        self.partial = empty(parts, shape.head_dim, dtype=real)
        self.peaks = empty(parts, dtype=real)
        self.masses = empty(parts, dtype=real)
        deepest = max(tiles.output.splits, tiles.down.splits, tiles.merged.splits)
        widest = max(shape.hidden, shape.merged)
        self.sums = empty(deepest, width, widest, dtype=real)
        self.tickets = torch.zeros(4096, dtype=torch.int32, device=device)

    def launch(
        self, ints: Tensor, floats: Tensor, span: int, scores: tuple[Tensor, Tensor] | None = None
    ) -> None:
        """Run one pass: `ints` hold addresses, sizes and tokens, `floats` what each row sees.

        With `scores`, attention leaves them and their logsumexp there.
        """
        weights, shape, tiles = self.weights, self.weights.architecture, self.tiles
        half = shape.head_dim // 2
        embedded[(self.width,)](
            ints, weights.embedding, weights.frequencies, self.hidden, self.cosines, self.sines,
            weights.rotation_scale, self.width, shape.hidden, half, power_of_two(half), 1024,
        )  # fmt: skip
        layers = weights.layers
        for number, layer in enumerate(layers):
            self._product(
                self.hidden, layer.before_attention, layer.merged, layer.merged_bias, self.merged,
                tiles.merged, layer.output,
            )  # fmt: skip
            self._attend(ints, floats, number, span, scores)
            self._product(
                self.mixed, None, layer.output, None, self.hidden, tiles.output, layer.gate_up
            )
            self._product(
                self.hidden, layer.before_inner, layer.gate_up, None, self.inner, tiles.gate_up,
                layer.down,
            )  # fmt: skip
            following = layers[number + 1].merged if number + 1 < len(layers) else weights.head
            self._product(
                self.inner, None, layer.down, None, self.hidden, tiles.down, following
            )
        self._score(ints)

    def _product(
        self,
        states: Tensor,
        norm: Tensor | None,
        weight: Tensor,
        bias: Tensor | None,
        out: Tensor,
        tile: Tile,
        following: Tensor,
    ) -> None:
        gated = out is self.inner
        added = out is self.hidden
        outputs = len(weight) // 2 if gated else len(weight)
        product[(-(-outputs // tile.columns), tile.splits)](
            states, norm, weight, bias, self.hidden, out, self.sums, self.tickets, following,
            self.weights.architecture.epsilon,
            OUTPUTS=outputs, INPUTS=weight.shape[1], WIDTH=self.width, ROWS=self.rows,
            COLUMNS=tile.columns, DEPTH=tile.depth, SPLITS=tile.splits,
            NORMED=norm is not None, GATED=gated, BIASED=bias is not None, ADDED=added,
            NEXT_ROWS=len(following), NEXT_STRIDE=following.shape[1] * following.element_size(),
            PREFETCHES=tile.prefetches, PRECISION=self.precision,
            num_warps=tile.warps, num_stages=tile.stages,
        )  # fmt: skip

    def _attend(
        self,
        ints: Tensor,
        floats: Tensor,
        number: int,
        span: int,
        scores: tuple[Tensor, Tensor] | None,
    ) -> None:
        shape, tiles = self.weights.architecture, self.tiles
        layer = self.weights.layers[number]
        splits = min(tiles.splits, max(1, span // KEY_BLOCK))
        kept, totals = scores or (None, None)
        attention[(shape.kv_heads * splits + tiles.prefetchers,)](
            ints, floats, self.merged, layer.query_norm, layer.key_norm, self.cosines, self.sines,
            self.partial, self.peaks, self.masses, self.tickets, self.mixed, kept, totals,
            layer.output, number, shape.head_dim**-0.5, shape.epsilon,
            WIDTH=self.width, GROUP=shape.group, KV_HEADS=shape.kv_heads, SIZE=shape.head_dim,
            QUERIES=self.queries, FRESH=self.rows, SPLITS=splits, PART=-(-span // splits),
            BLOCK=KEY_BLOCK, NORMED=layer.query_norm is not None, CAPTURED=scores is not None,
            SPAN=span + self.width, NEXT_ROWS=len(layer.output),
            NEXT_STRIDE=layer.output.shape[1] * layer.output.element_size(),
            PREFETCHES=1 if tiles.prefetchers else 0, PRECISION=self.precision,
            num_warps=tiles.attention_warps, num_stages=3,
        )  # fmt: skip

    def _score(self, ints: Tensor) -> None:
        weights, shape, tile = self.weights, self.weights.architecture, self.tiles.head
        count, _ = logits_size(shape.vocabulary, self.width, tile)
        first = weights.layers[0].merged
        scored[(count,)](
            ints, self.hidden, weights.norm, weights.head, first, shape.epsilon,
            VOCABULARY=shape.vocabulary, INPUTS=shape.hidden, WIDTH=self.width, ROWS=self.rows,
            COLUMNS=tile.columns, DEPTH=tile.depth, TILES=count,
            NEXT_ROWS=len(first), NEXT_STRIDE=first.shape[1] * first.element_size(), PREFETCHES=0,
            PRECISION=self.precision, num_warps=tile.warps, num_stages=tile.stages,
        )  # fmt: skip
        totalled[(self.width,)](
            ints, shape.vocabulary, self.width, count, power_of_two(count), num_warps=4
        )

    def summarise(self, ints: Tensor, scores: tuple[Tensor, Tensor], shares: Tensor) -> None:
        """Write shares [layer, width, span + width]: attention given, mean over heads."""
        shape = self.weights.architecture
        span = shares.shape[2]
        received[(-(-span // 128), self.width, shape.layers)](
            ints, *scores, shares, WIDTH=self.width, HEADS=shape.heads,
            PADDED=power_of_two(shape.heads), SPAN=span, BLOCK=128,
        )  # fmt: skip

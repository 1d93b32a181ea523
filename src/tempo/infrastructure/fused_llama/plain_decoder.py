"""One pass in plain PyTorch, over a session's cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.static_cache import StaticCache
from tempo.infrastructure.reading.extraction import Rows, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from transformers import LogitsProcessorList

    from tempo.domain.proposal import Proposal, Reading
    from tempo.infrastructure.fused_llama.views import Weights as ViewWeights
    from tempo.infrastructure.fused_llama.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """The tokens of one pass.

    Attributes:
        tokens: their ids.
        positions: where each stands.
        rows: the cache row that each is written to.
        prompt: how many rows at the front of the cache every token sees.
        weights: [tokens, extent - prompt] what each sees of the rows after them.
    """

    tokens: Sequence[int]
    positions: Sequence[int]
    rows: Sequence[int]
    prompt: int
    weights: ViewWeights


class PlainDecoder:
    """Runs passes of any width on any device."""

    def __init__(self, weights: Weights) -> None:
        """Serve merged weights."""
        self.weights = weights

    def new_cache(self, rows: int) -> StaticCache:
        """Return an empty cache with room for some rows."""
        weights = self.weights
        return StaticCache(weights.architecture, weights.dtype, weights.device, rows)

    def prefill(self, cache: StaticCache, tokens: Sequence[int], first: int) -> Tensor:
        """Feed a chunk of a prompt whose earlier tokens are in rows 0 to `first`.

        Returns the logits [1, vocabulary] of its last token.
        """
        cache.allocate(len(tokens))
        stop = first + len(tokens)
        positions = torch.arange(first, stop, device=self.weights.device)

        def attend(layer: int, queries: Tensor) -> Tensor:
            keys, values = cache.keys[layer, :, :stop], cache.values[layer, :, :stop]
            return twins.attended_in_order(queries, keys, values, first)

        hidden = self._layers(cache, tokens, positions, slice(first, stop), attend)
        return twins.scored(self.weights, hidden[-1:])

    def decode(self, cache: StaticCache, given: Pass) -> Rows:
        """Feed tokens to the rows that the cache allocated."""
        device = self.weights.device
        positions = torch.tensor(given.positions, device=device)
        rows = torch.tensor(given.rows, device=device)
        bias = self._bias(given)

        def attend(layer: int, queries: Tensor) -> Tensor:
            extent = bias.shape[1]
            keys, values = cache.keys[layer, :, :extent], cache.values[layer, :, :extent]
            return twins.attended(queries, keys, values, bias)[0]

        hidden = self._layers(cache, given.tokens, positions, rows, attend)
        return Rows(twins.scored(self.weights, hidden))

    def read(self, rows: Rows, reading: Reading, processors: LogitsProcessorList) -> Proposal:
        """Answer a reading of a pass's rows; one copy to the host."""
        return read(rows, reading, processors)

    def _layers(
        self,
        cache: StaticCache,
        tokens: Sequence[int],
        positions: Tensor,
        rows: Tensor | slice,
        attend: Callable[[int, Tensor], Tensor],
    ) -> Tensor:
        """Return [row, hidden] the residual stream after the last layer."""
        weights, shape = self.weights, self.weights.architecture
        angles = twins.rotation(weights, positions)
        hidden = weights.embedding[torch.tensor(tokens, device=weights.device)]
        for number, layer in enumerate(weights.layers):
            queries, keys, values = twins.merged_product(layer, shape, hidden, angles)
            cache.write(number, rows, keys, values)
            mixed = attend(number, queries)
            hidden = torch.addmm(hidden, mixed, layer.output.mT)
            hidden = hidden + twins.fed_forward(layer, shape, hidden)
        return hidden

    def _bias(self, given: Pass) -> Tensor:
        """Return [tokens, extent] logarithms of what each token sees."""
        precise = torch.float64 if self.weights.dtype == torch.float64 else torch.float32
        extent = given.prompt + given.weights.shape[1]
        bias = torch.zeros(len(given.tokens), extent, dtype=precise, device=self.weights.device)
        seen = torch.from_numpy(np.ascontiguousarray(given.weights)).to(bias)
        bias[:, given.prompt :] = seen.log()
        return bias

"""One pass in plain PyTorch, over a session's cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.capture.context import context_traits
from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.attending import (
    FastAttention,
    FullAttention,
    SummedAttention,
)
from tempo.infrastructure.fused_llama.static_cache import StaticCache
from tempo.infrastructure.reading.extraction import Rows, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor
    from transformers import LogitsProcessorList

    from tempo.domain.proposal import Proposal, Reading
    from tempo.infrastructure.capture.plan import CapturePlan
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

    def prefill(self, cache: StaticCache, tokens: Sequence[int], first: int) -> None:
        """Feed a chunk of a prompt whose earlier tokens are in rows 0 to `first`."""
        cache.allocate(len(tokens))
        stop = first + len(tokens)
        positions = torch.arange(first, stop, device=self.weights.device)

        def attend(_layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
            return twins.attended_in_order(queries, keys, values, first)

        self._layers(cache, tokens, positions, slice(first, stop), attend)

    def decode(self, cache: StaticCache, given: Pass, plan: CapturePlan) -> tuple[Rows, Captured]:
        """Feed tokens to the rows that the cache allocated; return also what a plan asks for."""
        positions = torch.tensor(given.positions, device=self.weights.device)
        attend = self._attention(given, plan)
        hidden = self._layers(cache, given.tokens, positions, self._places(cache, given), attend)
        normed = twins.final(self.weights, hidden)
        rows = Rows(twins.scored(self.weights, normed))
        if isinstance(attend, (SummedAttention, FullAttention)):
            captured = Captured(
                received=attend.received,
                context=self._context(attend, given) if plan.context else None,
                hidden=normed if plan.hidden else None,
            )
        else:
            captured = Captured(hidden=normed) if plan.hidden else NOTHING
        return rows, captured

    def _attention(self, given: Pass, plan: CapturePlan) -> FastAttention:
        shape, bias = self.weights.architecture, self._bias(given)
        if not plan.attends:
            return FastAttention(shape, bias)
        if plan.context or self.weights.device.type != "cpu":
            return FullAttention(shape, bias, plan)
        return SummedAttention(shape, bias, plan)

    def _context(self, attend: SummedAttention | FullAttention, given: Pass) -> Tensor:
        device = self.weights.device
        everything = np.ones((len(given.tokens), given.prompt), dtype=np.float32)
        seen = torch.from_numpy(np.hstack([everything, given.weights])).to(device)
        return context_traits(attend.recent, seen, given.rows)

    @staticmethod
    def _places(cache: StaticCache, given: Pass) -> Tensor | slice:
        """Return a pass's rows, as a slice where they follow each other."""
        start = cache.plan.start
        if start is not None:
            return slice(start, start + len(given.rows))
        return torch.tensor(given.rows, device=cache.keys.device)

    def read(self, rows: Rows, reading: Reading, processors: LogitsProcessorList) -> Proposal:
        """Answer a reading of a pass's rows; one copy to the host."""
        return read(rows, reading, processors)

    def _layers(
        self,
        cache: StaticCache,
        tokens: Sequence[int],
        positions: Tensor,
        rows: Tensor | slice,
        attend: Callable[[int, Tensor, Tensor, Tensor], Tensor],
    ) -> Tensor:
        """Return [row, hidden] the residual stream after the last layer."""
        extent = cache.plan.extent
        weights, shape = self.weights, self.weights.architecture
        angles = twins.rotation(weights, positions)
        hidden = weights.embedding[torch.tensor(tokens, device=weights.device)]
        for number, layer in enumerate(weights.layers):
            queries, keys, values = twins.merged_product(layer, shape, hidden, angles)
            cache.write(number, rows, keys, values)
            held = (cache.keys[number, :, :extent], cache.values[number, :, :extent])
            mixed = attend(number, queries, *held)
            hidden = torch.addmm(hidden, mixed, layer.output.mT)
            hidden = twins.fed_forward(layer, shape, hidden)
        return hidden

    def _bias(self, given: Pass) -> Tensor:
        """Return [tokens, extent] logarithms of what each token sees."""
        precise = torch.float64 if self.weights.dtype == torch.float64 else torch.float32
        extent = given.prompt + given.weights.shape[1]
        bias = torch.zeros(len(given.tokens), extent, dtype=precise, device=self.weights.device)
        seen = torch.from_numpy(np.ascontiguousarray(given.weights)).to(bias)
        bias[:, given.prompt :] = seen.log()
        return bias

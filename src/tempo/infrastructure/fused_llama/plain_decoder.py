"""One pass in plain PyTorch, over the caches of the sessions that share it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

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
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt
    from torch import Tensor
    from transformers import LogitsProcessorList

    from tempo.domain.proposal import Proposal, Reading
    from tempo.infrastructure.capture.plan import CapturePlan
    from tempo.infrastructure.fused_llama.views import Weights as ViewWeights
    from tempo.infrastructure.fused_llama.weights import LayerWeights, Weights


@dataclass(frozen=True, slots=True, eq=False)
class Pass:
    """What one session feeds in a pass.

    Attributes:
        cache: the session's, which has allocated `rows`.
        tokens: their ids.
        positions: where each stands.
        rows: the cache row that each is written to.
        prompt: how many rows at the front of the cache every token sees.
        weights: [tokens, extent - prompt] what each sees of the rows after them.
        plan: what the session takes down.
    """

    cache: StaticCache
    tokens: Sequence[int]
    positions: Sequence[int]
    rows: Sequence[int]
    prompt: int
    weights: ViewWeights
    plan: CapturePlan


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What is asked of a session's rows.

    Attributes:
        rows: those of its last pass.
        reading: the question.
        processors: what changes the logits before.
    """

    rows: Rows
    reading: Reading
    processors: LogitsProcessorList


F = TypeVar("F", np.float32, np.float64)

Attention = Callable[["int", "Tensor", "Tensor", "Tensor"], "Tensor"]
"""Takes a layer's number, queries, and all keys and values; returns [row, head * head_dim]."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A session's rows of a pass that several share.

    Attributes:
        cache: where they are written.
        places: the cache rows, as a slice where they follow each other.
        own: which rows of the pass they are.
        attend: how they attend.
    """

    cache: StaticCache
    places: Tensor | slice
    own: slice
    attend: Attention

    def mixed(self, layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Write a layer's keys and values and return what its queries find."""
        cache, extent = self.cache, self.cache.plan.extent
        cache.write(layer, self.places, keys[:, self.own], values[:, self.own])
        held = (cache.keys[layer, :, :extent], cache.values[layer, :, :extent])
        return self.attend(layer, queries[:, self.own], *held)


class PlainDecoder:
    """Runs passes of any width on any device."""

    def __init__(self, weights: Weights) -> None:
        """Serve merged weights."""
        self.weights = weights

    @property
    def states(self) -> torch.dtype:
        """The type of keys and values in the cache."""
        return self.weights.dtype

    def new_cache(self, rows: int) -> StaticCache:
        """Return an empty cache with room for some rows."""
        weights = self.weights
        return StaticCache(weights.architecture, self.states, weights.device, rows)

    def prefill(self, cache: StaticCache, tokens: Sequence[int], first: int) -> None:
        """Feed a chunk of a prompt whose earlier tokens are in rows 0 to `first`."""
        cache.allocate(len(tokens))
        stop = first + len(tokens)
        positions = torch.arange(first, stop, device=self.weights.device)

        def attend(_layer: int, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
            return twins.attended_in_order(queries, keys, values, first)

        part = Part(cache, slice(first, stop), slice(0, len(tokens)), attend)
        self._layers(tokens, positions, [part])

    def decode(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed what several sessions have, in one pass; return each one's rows and capture."""
        tokens = [token for given in passes for token in given.tokens]
        places = [position for given in passes for position in given.positions]
        parts = [
            Part(given.cache, _places(given), own, self._attention(given))
            for given, own in owned(passes)
        ]
        hidden = self._layers(tokens, torch.tensor(places, device=self.weights.device), parts)
        normed = twins.final(self.weights, hidden)
        logits = self._scored(normed)
        return [
            (Rows(logits[part.own]), self._captured(given, part, normed))
            for given, part in zip(passes, parts, strict=True)
        ]

    def _scored(self, normed: Tensor) -> Tensor:
        """Return [row, vocabulary] logits of what the head reads."""
        return twins.scored(self.weights, normed)

    def _captured(self, given: Pass, part: Part, normed: Tensor) -> Captured:
        plan, attend = given.plan, part.attend
        if not plan.tells:
            return NOTHING
        hidden = normed[part.own] if plan.hidden else None
        if not isinstance(attend, (SummedAttention, FullAttention)):
            return Captured(hidden=hidden)
        context = self._context(attend, given) if plan.context else None
        return Captured(attend.received, context, hidden)

    def _attention(self, given: Pass) -> FastAttention:
        plan = given.plan
        shape, bias = self.weights.architecture, self._bias(given)
        if not plan.attends:
            # PyTorch's kernels of other devices misread a mask that is not of the states' type.
            on_processor = self.weights.device.type == "cpu"
            return FastAttention(shape, bias if on_processor else bias.to(self.weights.dtype))
        if plan.context or self.weights.device.type != "cpu":
            return FullAttention(shape, bias, plan)
        return SummedAttention(shape, bias, plan)

    def _context(self, attend: SummedAttention | FullAttention, given: Pass) -> Tensor:
        seen = torch.from_numpy(seen_by(given)).to(self.weights.device)
        return context_traits(given.plan, attend.recent, seen, given.rows)

    def read_all(self, batch: Sequence[Asked]) -> list[Proposal]:
        """Answer readings of sessions' rows."""
        return [self.read(asked) for asked in batch]

    def read(self, asked: Asked) -> Proposal:
        """Answer a reading of a session's rows; one copy to the host."""
        return read(asked.rows, asked.reading, asked.processors)

    def _layers(self, tokens: Sequence[int], positions: Tensor, parts: Sequence[Part]) -> Tensor:
        """Return [row, hidden] the residual stream after the last layer."""
        weights, shape = self.weights, self.weights.architecture
        angles = twins.rotation(weights, positions)
        hidden = weights.embedded(torch.tensor(tokens, device=weights.device))
        for number, layer in enumerate(weights.layers):
            states = twins.merged_product(layer, shape, hidden, angles)
            mixed = [part.mixed(number, *states) for part in parts]
            found = mixed[0] if len(mixed) == 1 else torch.cat(mixed)
            hidden = self._after_attention(layer, hidden, found)
        return hidden

    def _after_attention(self, layer: LayerWeights, hidden: Tensor, found: Tensor) -> Tensor:
        """Return rows [row, hidden] with what attention found and the feed-forward layer makes."""
        hidden = torch.addmm(hidden, found, layer.output.mT)
        return twins.fed_forward(layer, self.weights.architecture, hidden)

    def _bias(self, given: Pass) -> Tensor:
        """Return [tokens, extent] logarithms of what each token sees."""
        double = self.weights.dtype == torch.float64
        bias = bias_of(given, np.float64) if double else bias_of(given, np.float32)
        return torch.from_numpy(bias).to(self.weights.device)


def owned(passes: Sequence[Pass]) -> Iterator[tuple[Pass, slice]]:
    """Yield what each session feeds, and which rows of a pass that they share are its own."""
    start = 0
    for given in passes:
        stop = start + len(given.tokens)
        yield given, slice(start, stop)
        start = stop


def seen_by(given: Pass) -> npt.NDArray[np.float32]:
    """Return [tokens, extent] at what weights each token sees the cache, the prompt in full."""
    everything = np.ones((len(given.tokens), given.prompt), dtype=np.float32)
    return np.hstack([everything, given.weights])


def bias_of(given: Pass, dtype: type[F]) -> npt.NDArray[F]:
    """Return [tokens, extent] logarithms of what each token sees."""
    bias = np.zeros((len(given.tokens), given.prompt + given.weights.shape[1]), dtype=dtype)
    with np.errstate(divide="ignore"):  # what is not seen has the logarithm of 0
        np.log(given.weights, out=bias[:, given.prompt :])
    return bias


def _places(given: Pass) -> Tensor | slice:
    """Return a pass's rows, as a slice where they follow each other."""
    start = given.cache.plan.start
    if start is not None:
        return slice(start, start + len(given.rows))
    return torch.tensor(given.rows, device=given.cache.keys.device)

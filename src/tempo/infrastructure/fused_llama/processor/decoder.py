"""Passes on a processor, in kernels compiled for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.errors import SessionError
from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.capture.context import context_traits
from tempo.infrastructure.capture.sums import SummedPass
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder, bias_of, owned, seen_by
from tempo.infrastructure.fused_llama.processor.attention import attended
from tempo.infrastructure.fused_llama.processor.compiling import Floats, forked, share_threads
from tempo.infrastructure.fused_llama.processor.layers import normalised
from tempo.infrastructure.fused_llama.processor.matrix import Matrix
from tempo.infrastructure.fused_llama.processor.products import product
from tempo.infrastructure.fused_llama.processor.reading import knows, proposal
from tempo.infrastructure.fused_llama.processor.steps import (
    Layer,
    LayerMatrices,
    NarrowLayer,
    PassState,
    Scratch,
    WideLayer,
    floats,
)
from tempo.infrastructure.reading.extraction import Rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.domain.proposal import Proposal
    from tempo.infrastructure.fused_llama.architecture import Architecture
    from tempo.infrastructure.fused_llama.plain_decoder import Asked, Part, Pass
    from tempo.infrastructure.fused_llama.static_cache import StaticCache
    from tempo.infrastructure.fused_llama.weights import Weights


NARROW = 48
"""Rows that go through kernels alone; PyTorch's products of more are faster."""

SMALL = 250_000
"""Weights of a layer below which a second thread costs more than it does."""

SHORT = 32
"""Prompt tokens of a chunk from which on PyTorch's products are as fast on two cores."""

TALL = 192
"""Rows of one session from which on PyTorch's attention is faster too."""


class HostPart:
    """One session's rows of a pass that several share."""

    def __init__(self, given: Pass, own: slice, scratch: Scratch, shape: Architecture) -> None:
        """Attend as a session's cache and views say."""
        cache = given.cache
        self._given, self._shape, self._own = given, shape, own
        self._merged, self._mixed = scratch.merged[own], scratch.mixed[own]
        self._keys, self._values = cache.keys.numpy(), cache.values.numpy()
        self._places, self._bias = np.array(given.rows), bias_of(given, np.float32)
        rows = len(given.tokens)
        self._sums = np.empty((shape.kv_heads, shape.group * rows), dtype=np.float32)
        self._queries: list[Tensor] = []
        self._sums_held: list[Tensor] = []
        self._recent: list[Tensor] = []

    def attend(self, layer: int) -> None:
        """Write a layer's states to the cache, and what its rows find to the pass's scratch."""
        attended(
            self._merged, self._keys[layer], self._values[layer],
            self._places, self._bias, self._mixed, self._sums,
        )  # fmt: skip
        plan = self._given.plan
        if plan.attends and layer >= plan.first:
            self._watch(layer)

    def _watch(self, layer: int) -> None:
        """Keep what attention received is computed from, and the shares that the context asks for.

        The scratch is written to again by the next layer, so that what is kept is copied.
        """
        shape, rows = self._shape, len(self._bias)
        queries = self._merged[:, : shape.heads * shape.head_dim]
        by_head = queries.reshape(rows, shape.kv_heads, -1, shape.head_dim).transpose(1, 2, 0, 3)
        grouped = torch.from_numpy(by_head.copy()).view(shape.kv_heads, -1, shape.head_dim)
        sums = torch.from_numpy(self._sums.copy())
        self._queries.append(grouped[None])
        self._sums_held.append(sums[None])
        if self._given.plan.is_recent(layer):
            extent = self._bias.shape[1]
            keys = self._given.cache.keys[layer, :, :extent]
            scores = torch.bmm(grouped, keys.mT).mul_(shape.head_dim**-0.5).sub_(sums[:, :, None])
            shares = scores.view(-1, rows, extent).add_(torch.from_numpy(self._bias)).exp_()
            self._recent.append(shares.mean(0))

    def result(self, logits: Floats, normed: Floats) -> tuple[Rows, Captured]:
        """Return the session's rows and what its plan asks for, given what the head read."""
        rows, plan = Rows(torch.from_numpy(logits[self._own])), self._given.plan
        if not plan.tells:
            return rows, NOTHING
        received = context = None
        if plan.received:
            mask = torch.from_numpy(self._bias)[None, None]
            received = SummedPass(plan, self._queries, self._sums_held, mask, None, len(self._bias))
        if plan.context:
            seen = torch.from_numpy(seen_by(self._given))
            context = context_traits(plan, self._recent, seen, self._given.rows)
        hidden = torch.from_numpy(normed[self._own].copy()) if plan.hidden else None
        return rows, Captured(received, context, hidden)


class ProcessorDecoder(PlainDecoder):
    """Runs passes in compiled kernels, and prompts in PyTorch's products between them.

    Weights are float32, bfloat16 or int8; states and sums are float32 whatever they are.
    """

    def __init__(self, weights: Weights) -> None:
        """Serve merged weights that lie output-major on a processor."""
        super().__init__(weights)
        self._matrices = tuple(map(LayerMatrices, weights.layers))
        self._narrow: Sequence[Layer] = tuple(map(NarrowLayer, self._matrices))
        self._wide: Sequence[Layer] = tuple(map(WideLayer, self._matrices))
        self._norm = floats(weights.norm)
        self._embedding = Matrix(weights.embedding, weights.embedding_scales)
        self._head = Matrix(weights.head, weights.head_scales)
        self._scratch: dict[int, Scratch] = {}
        first = weights.layers[0]
        products = (first.merged, first.output, first.gate_up, first.down)
        small = sum(product.numel() for product in products) < SMALL
        self._most_threads = 1 if small else None

    @property
    def states(self) -> torch.dtype:
        """The type of keys and values in the cache."""
        return torch.float32

    def new_cache(self, rows: int) -> StaticCache:
        """Return an empty cache with room for some rows."""
        runs_kernels()
        return super().new_cache(rows)

    def decode(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed what several sessions have, in one pass; return each one's rows and capture."""
        if not runs_kernels() or max((len(given.tokens) for given in passes), default=0) > TALL:
            return super().decode(passes)
        share_threads(self._most_threads)
        shape = self.weights.architecture
        tokens = [token for given in passes for token in given.tokens]
        positions = [position for given in passes for position in given.positions]
        scratch = self._scratch.pop(len(tokens), None) or Scratch(len(tokens), shape)
        parts = [HostPart(given, own, scratch, shape) for given, own in owned(passes)]
        state = PassState(self.weights, self._embedded(tokens), positions, scratch)
        narrow = len(tokens) <= NARROW
        layers = self._narrow if narrow else self._wide
        for number, layer in enumerate(layers):
            layer.begin(state)
            for part in parts:
                part.attend(number)
            layer.end(state)
        normalised(state.hidden, self._norm, shape.epsilon, scratch.normed)
        if narrow:
            self._scratch[len(tokens)] = scratch
            logits = self._scored_few(scratch.normed)
        else:
            logits = self._scored(torch.from_numpy(scratch.normed)).numpy()
        return [part.result(logits, scratch.normed) for part in parts]

    def _layers(self, tokens: Sequence[int], positions: Tensor, parts: Sequence[Part]) -> Tensor:
        """Return [row, hidden] the residual stream after the last layer.

        Attention is PyTorch's. So are the products of all but a short chunk, and all of a fork's,
        which has the kernels of one thread alone.
        """
        shape, rows = self.weights.architecture, self._embedded(tokens)
        scratch = Scratch(len(tokens), shape)
        state = PassState(self.weights, rows, positions.tolist(), scratch)
        merged = torch.from_numpy(scratch.merged).view(len(tokens), -1, shape.head_dim)
        heads = (shape.heads, shape.kv_heads, shape.kv_heads)
        states = merged.transpose(0, 1).split(heads)
        narrow = len(tokens) <= SHORT and runs_kernels()
        if narrow:
            share_threads(self._most_threads)
        layers = self._narrow if narrow else self._wide
        for number, layer in enumerate(layers):
            layer.begin(state)
            for part in parts:
                scratch.mixed[part.own] = part.mixed(number, *states).numpy()
            layer.end(state)
        return torch.from_numpy(state.hidden)

    def _embedded(self, tokens: Sequence[int]) -> Floats:
        """Return [row, hidden] the embeddings of tokens, in memory of their own."""
        return self._embedding.rows(tokens)

    def _scored_few(self, normed: Floats) -> Floats:
        """Return [row, vocabulary] logits of what the head reads in few rows."""
        logits = np.empty((len(normed), len(self.weights.head)), dtype=np.float32)
        product(normed, self._head.pair, logits)
        return logits

    def _scored(self, normed: Tensor) -> Tensor:
        """Return [row, vocabulary] logits of what the head reads."""
        return self._head.product(normed)

    def read(self, asked: Asked) -> Proposal:
        """Answer a reading of a session's rows."""
        answer, logits = None, asked.rows.logits
        if runs_kernels() and not asked.processors and knows(asked.reading, len(logits)):
            share_threads(self._most_threads)
            answer = proposal(logits.numpy(), asked.reading)
        return super().read(asked) if answer is None else answer


def runs_kernels() -> bool:
    """Whether kernels can run in this process; in a fork PyTorch alone can, on one thread.

    Raises:
        SessionError: in a fork where PyTorch would use several threads and wait for them forever.
    """
    if not forked():
        return True
    if torch.get_num_threads() > 1:
        message = (
            "this process was forked from one that had decoded already, and OpenMP's threads did "
            "not come along; start processes by spawn (multiprocessing.get_context('spawn')), or "
            "call torch.set_num_threads(1) in this one first"
        )
        raise SessionError(message)
    return False

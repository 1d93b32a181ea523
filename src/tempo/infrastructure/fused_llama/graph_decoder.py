"""Passes as captured CUDA graphs: everything that changes is in buffers, nothing in the graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.proposal import Combination
from tempo.infrastructure.capture.captured import NOTHING
from tempo.infrastructure.fused_llama.device_reading import SMALLEST_ANSWER, DeviceReader
from tempo.infrastructure.fused_llama.kernel_step import HEADER, KernelStep, logits_size
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.tiles import (
    power_of_two,
    span_bucket,
    tiles_of,
    width_bucket,
)
from tempo.infrastructure.reading.extraction import Rows, read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import LogitsProcessorList

    from tempo.domain.proposal import Proposal, Reading
    from tempo.infrastructure.capture.captured import Captured
    from tempo.infrastructure.fused_llama.plain_decoder import Pass
    from tempo.infrastructure.fused_llama.static_cache import StaticCache
    from tempo.infrastructure.fused_llama.tiles import Tiles
    from tempo.infrastructure.fused_llama.weights import Weights

GRAPHS = 24
"""Captured passes that are held at most; the one that was not used for longest goes first."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedRows(Rows):
    """Rows whose logits lie at the front of a block with their summaries.

    Attributes:
        block: logits [width, vocabulary], then what the head wrote behind them.
        width: rows of the pass, filled up.
    """

    block: Tensor | None = None
    width: int = 0


class Staging:
    """Page-locked memory that one pass is written to, and its copy on the device."""

    def __init__(self, integers: int, floats: int, device: torch.device) -> None:
        """Reserve both, twice on the host: the next pass is written while the last is copied."""
        size = 8 * integers + 4 * floats
        self._hosts = [torch.empty(size, dtype=torch.uint8, pin_memory=True) for _ in range(2)]
        self._views = [host.numpy() for host in self._hosts]
        self._copied = [torch.cuda.Event(), torch.cuda.Event()]
        self._device = torch.zeros(size, dtype=torch.uint8, device=device)
        self._integers, self._turn = integers, 0
        self.ints = self._device[: 8 * integers].view(torch.int64)
        self.floats = self._device[8 * integers :].view(torch.float32)

    def upload(self, integers: np.ndarray, *floats: np.ndarray) -> None:
        """Copy numbers to the device; the call does not wait for it."""
        self._turn ^= 1
        turn = self._turn
        host, view, copied = self._hosts[turn], self._views[turn], self._copied[turn]
        copied.synchronize()
        first = 8 * self._integers
        view[:first].view(np.int64)[:] = integers
        for part in floats:
            size = 4 * part.size
            view[first : first + size].view(np.float32).reshape(part.shape)[:] = part
            first += size
        self._device[:first].copy_(host[:first], non_blocking=True)
        copied.record()


@dataclass(slots=True, eq=False)
class CapturedPass:
    """A captured pass and the memory that it reads its tokens from."""

    staging: Staging
    graph: torch.cuda.CUDAGraph


@dataclass(slots=True, eq=False)
class Captures:
    """Captured passes by width and span, and the memory that passes of one width share."""

    steps: dict[int, KernelStep] = field(default_factory=dict)
    passes: dict[tuple[int, int], CapturedPass] = field(default_factory=dict)


class GraphDecoder(PlainDecoder):
    """Runs narrow passes as graphs of kernels, and all others in plain PyTorch."""

    def __init__(self, weights: Weights, tiles: Tiles | None = None) -> None:
        """Serve merged weights on a CUDA device; a pass is captured when it first comes."""
        super().__init__(weights)
        self._tiles = tiles
        self._captures = Captures()
        self._reader = DeviceReader(weights, self._cut)
        self._lock = Lock()

    def _cut(self, width: int) -> Tiles:
        return self._tiles or tiles_of(width)

    def decode(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed what several sessions have, one session after another."""
        return [self._decoded(given) for given in passes]

    def _decoded(self, given: Pass) -> tuple[Rows, Captured]:
        """Feed one session's tokens; what is watched goes the plain way."""
        cache = given.cache
        width = width_bucket(len(given.tokens))
        if width is None or given.plan.tells:
            (decoded,) = super().decode([given])
            return decoded
        vocabulary = self.weights.architecture.vocabulary
        _, size = logits_size(vocabulary, width, self._cut(width).head)
        block = torch.empty(size, dtype=torch.float32, device=self.weights.device)
        with self._lock:
            captured = self._graph_of(width, span_bucket(cache.plan.extent), cache, block)
            captured.staging.upload(*_packed(cache, given, width, block.data_ptr()))
            captured.graph.replay()
        live = len(given.tokens)
        logits = block[: live * vocabulary].view(live, vocabulary)
        return FusedRows(logits, block=block, width=width), NOTHING

    def read(self, rows: Rows, reading: Reading, processors: LogitsProcessorList) -> Proposal:
        """Answer a reading of a pass's rows; one copy to the host."""
        if not isinstance(rows, FusedRows) or rows.block is None:
            return read(rows, reading, processors)
        if processors or not self._is_plain(reading, len(rows.logits)):
            return read(rows, reading, processors)
        with self._lock:
            return self._reader.read(rows.block, rows.width, reading)

    def _is_plain(self, reading: Reading, rows: int) -> bool:
        """Whether the kernel knows how to answer; a wrong reading is refused by who does not."""
        odd = reading.barred or reading.mixtures or any(row >= rows for row, _ in reading.pairs)
        ranked = max(SMALLEST_ANSWER, power_of_two(max(1, reading.considered)))
        fits = ranked <= min(DeviceReader.LARGEST, self.weights.architecture.vocabulary)
        arithmetic = reading.combination is Combination.ARITHMETIC
        return len(reading.weights) == rows and fits and arithmetic and not odd

    def _graph_of(self, width: int, span: int, cache: StaticCache, block: Tensor) -> CapturedPass:
        """Return the captured pass of a width and a span; capture it if it is new."""
        held = self._captures.passes
        captured = held.pop((width, span), None)
        if captured is None:
            captured = self._capture(width, span, cache, block)
        held[width, span] = captured
        while len(held) > GRAPHS:
            del held[next(iter(held))]
        return captured

    def _capture(self, width: int, span: int, cache: StaticCache, block: Tensor) -> CapturedPass:
        if width not in self._captures.steps:
            self._captures.steps[width] = KernelStep(self.weights, width, self._cut(width))
        step = self._captures.steps[width]
        staging = Staging(HEADER + 3 * width, width * (width + span), self.weights.device)
        # A pass of no tokens: it writes to no row, and its logits are overwritten by the real one.
        staging.upload(_integers(cache, [], [], [], width, block.data_ptr(), 0, 0))
        step.launch(staging.ints, staging.floats, span)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            step.launch(staging.ints, staging.floats, span)
        return CapturedPass(staging, graph)


def _packed(
    cache: StaticCache, given: Pass, width: int, logits: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return a pass's integers, what its rows see of each other, and of the rows before.

    Rows that fill up the width see themselves and the prompt: a row that sees nothing has no
    softmax.
    """
    live, spread = len(given.tokens), given.weights.shape[1]
    own = np.asarray(given.rows) - given.prompt
    fresh = np.eye(width, dtype=np.float32)
    fresh[:live, :live] = given.weights[:, own]
    before = np.zeros((width, spread), dtype=np.float32)
    before[:live] = given.weights
    before[:, own] = 0.0
    integers = _integers(
        cache, given.tokens, given.positions, given.rows, width, logits, given.prompt, spread
    )
    return integers, fresh, before


def _integers(  # noqa: PLR0913, PLR0917 - the kernels' header, number by number
    cache: StaticCache,
    tokens: Sequence[int],
    positions: Sequence[int],
    rows: Sequence[int],
    width: int,
    logits: int,
    prompt: int,
    spread: int,
) -> np.ndarray:
    """Return addresses, sizes and tokens in the kernels' order."""
    live = len(tokens)
    integers = np.zeros(HEADER + 3 * width, dtype=np.int64)
    integers[:HEADER] = (
        cache.keys.data_ptr(), cache.values.data_ptr(), logits, cache.capacity,
        prompt + spread, prompt, spread, live,
    )  # fmt: skip
    lists = integers[HEADER:].reshape(3, width)
    lists[2] = -1
    lists[:, :live] = (tokens, positions, rows)
    return integers

"""Passes as captured CUDA graphs: everything that changes is in buffers, nothing in the graph."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.capture import LAST_LAYERS
from tempo.domain.proposal import Combination
from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.capture.context import context_traits
from tempo.infrastructure.capture.sums import SummedPass, shares_of
from tempo.infrastructure.fused_llama import twins
from tempo.infrastructure.fused_llama.device_reading import (
    BARRED,
    SMALLEST_ANSWER,
    DeviceReader,
)
from tempo.infrastructure.fused_llama.kernel_step import KernelStep, logits_size
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder, bias_of, owned, seen_by
from tempo.infrastructure.fused_llama.split_attention import SplitAttention
from tempo.infrastructure.fused_llama.staging import Form, Staging
from tempo.infrastructure.fused_llama.tiles import ROWS, SESSIONS, WIDTHS, power_of_two, tiles_of
from tempo.infrastructure.reading.extraction import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from tempo.domain.proposal import Proposal
    from tempo.infrastructure.fused_llama.plain_decoder import Asked, Pass
    from tempo.infrastructure.fused_llama.tiles import Tiles
    from tempo.infrastructure.fused_llama.weights import Weights

GRAPHS = 24
"""Captured passes that are held at most; the one that was not used for longest goes first."""

OVERLAPPING = (9, 0)
"""The compute capability from which on a kernel can start before the one ahead has finished."""


@dataclass(frozen=True, slots=True, eq=False)
class FusedRows(Rows):
    """Rows of one session, whose logits lie in a block with those of others and their summaries.

    Attributes:
        block: logits [rows of the pass, vocabulary], then what the head wrote behind them.
        width: rows of the pass, filled up.
        first: where the session's own begin.
        computed: comes when the pass has written them.
    """

    block: Tensor = field(default_factory=lambda: torch.empty(0))
    width: int = 0
    first: int = 0
    computed: torch.cuda.Event | None = None


@dataclass(slots=True, eq=False)
class CapturedPass:
    """A captured pass and the memory that it reads its tokens from."""

    staging: Staging
    attention: SplitAttention
    graph: torch.cuda.CUDAGraph


@dataclass(slots=True, eq=False)
class Captures:
    """Captured passes by form, and the memory that passes of as many rows share."""

    steps: dict[int, KernelStep] = field(default_factory=dict)
    passes: dict[Form, CapturedPass] = field(default_factory=dict)


class GraphDecoder(PlainDecoder):
    """Runs narrow passes as graphs of kernels, and all others in plain PyTorch."""

    def __init__(self, weights: Weights, tiles: Tiles | None = None) -> None:
        """Serve merged weights on a CUDA device; a pass is captured when it first comes."""
        super().__init__(weights)
        self._tiles = tiles
        self._overlapped = torch.cuda.get_device_capability(weights.device) >= OVERLAPPING
        self._captures = Captures()
        self._reader = DeviceReader(weights, self._cut)
        self._lock = Lock()

    def _cut(self, rows: int) -> Tiles:
        tiles = self._tiles or tiles_of(rows)
        return tiles if self._overlapped else replace(tiles, overlapped=False)

    def decode(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed what several sessions have, as many of them in one captured pass as it holds."""
        found: dict[int, tuple[Rows, Captured]] = {}
        narrow = [number for number, given in enumerate(passes) if _is_narrow(given)]
        others = [number for number in range(len(passes)) if number not in narrow]
        for numbers in _shares(narrow, passes):
            decoded = self._replayed([passes[number] for number in numbers])
            found.update(zip(numbers, decoded, strict=True))
        if others:
            decoded = super().decode([passes[number] for number in others])
            found.update(zip(others, decoded, strict=True))
        return [found[number] for number in range(len(passes))]

    def _replayed(self, passes: Sequence[Pass]) -> list[tuple[Rows, Captured]]:
        """Feed sessions in one captured pass."""
        form, weights = Form.of(passes), self.weights
        shape = weights.architecture
        _, size = logits_size(len(weights.head), form.rows, self._cut(form.rows).head)
        block = torch.empty(size, dtype=torch.float32, device=weights.device)
        kept = self._kept(form)
        addresses = (block.data_ptr(), *(tensor.data_ptr() for tensor in kept))
        with self._lock:
            captured = self._graph_of(form, addresses)
            captured.staging.upload(addresses, passes)
            captured.graph.replay()
            block = self._whole(block, form.rows)
            computed = torch.cuda.Event()
            computed.record()
            hidden = self._hidden(form, passes)
        logits = block[: form.rows * shape.vocabulary].view(form.rows, shape.vocabulary)
        return [
            (
                FusedRows(logits[own], (), block, form.rows, own.start, computed),
                _captured(given, own, kept, hidden),
            )
            for given, own in owned(passes)
        ]

    def _whole(self, block: Tensor, rows: int) -> Tensor:  # noqa: ARG002 - parts need more
        """Return the logits of the whole vocabulary, and their summaries."""
        return block

    def _hidden(self, form: Form, passes: Sequence[Pass]) -> Tensor:
        """Return [row, hidden] what the head read; nothing if nobody asks."""
        if not any(given.plan.hidden for given in passes):
            return torch.empty(0)
        return twins.final(self.weights, self._captures.steps[form.rows].hidden)

    def _kept(self, form: Form) -> tuple[Tensor, ...]:
        """Return memory for a pass's queries and the logarithms of their sums, if watched."""
        if not form.watched:
            return ()
        shape, device = self.weights.architecture, self.weights.device
        lines = (shape.layers, shape.heads, form.rows)
        queries = torch.empty(*lines, shape.head_dim, dtype=self.weights.dtype, device=device)
        return queries, torch.empty(lines, dtype=torch.float32, device=device)

    def read_all(self, batch: Sequence[Asked]) -> list[Proposal]:
        """Answer readings, those of one pass together: one kernel, one copy to the host."""
        found: dict[int, Proposal] = {}
        blocks: dict[int, list[tuple[int, FusedRows]]] = {}
        for number, asked in enumerate(batch):
            rows = asked.rows
            if isinstance(rows, FusedRows) and self._is_plain(asked):
                blocks.setdefault(id(rows.block), []).append((number, rows))
        for together in blocks.values():
            readings = [(rows.first, batch[number].reading) for number, rows in together]
            _, rows = together[0]
            with self._lock:
                answers = self._reader.read(rows.block, rows.width, readings, rows.computed)
            found.update(zip((number for number, _ in together), answers, strict=True))
        others = [number for number in range(len(batch)) if number not in found]
        found.update(
            zip(others, super().read_all([batch[number] for number in others]), strict=True)
        )
        return [found[number] for number in range(len(batch))]

    def _is_plain(self, asked: Asked) -> bool:
        """Whether the kernel knows how to answer; a wrong reading is refused by who does not."""
        reading, live = asked.reading, len(asked.rows.logits)
        if asked.processors:
            return False
        odd = reading.mixtures or any(row >= live for row, _ in reading.pairs)
        ranked = max(SMALLEST_ANSWER, power_of_two(max(1, reading.considered)))
        possible = self.weights.architecture.vocabulary - len(reading.barred)
        fits = ranked <= min(DeviceReader.LARGEST, possible) and len(reading.barred) <= BARRED
        arithmetic = reading.combination is Combination.ARITHMETIC
        return len(reading.weights) == live and fits and arithmetic and not odd

    def _graph_of(self, form: Form, addresses: Sequence[int]) -> CapturedPass:
        """Return the captured pass of a form; capture it if it is new."""
        held = self._captures.passes
        captured = held.pop(form, None)
        if captured is None:
            captured = self._capture(form, addresses)
        held[form] = captured
        while len(held) > GRAPHS:
            del held[next(iter(held))]
        return captured

    def _new_step(self, rows: int) -> KernelStep:
        return KernelStep(self.weights, rows, self._cut(rows))

    def _capture(self, form: Form, addresses: Sequence[int]) -> CapturedPass:
        if form.rows not in self._captures.steps:
            step = self._new_step(form.rows)
            self._captures.steps[form.rows] = step
        step = self._captures.steps[form.rows]
        staging = Staging(form, self.weights.device)
        attention = SplitAttention(step, form)
        # A pass of no tokens: it writes to no cache, and the real one overwrites its logits.
        staging.upload(addresses, [])
        step.launch(staging.ints, staging.floats, attention)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            step.launch(staging.ints, staging.floats, attention)
        return CapturedPass(staging, attention, graph)


def _is_narrow(given: Pass) -> bool:
    return len(given.tokens) <= WIDTHS[-1]


def _shares(numbers: Sequence[int], passes: Sequence[Pass]) -> Iterator[list[int]]:
    """Yield sessions that one captured pass holds."""
    held: list[int] = []
    rows = 0
    for number in numbers:
        count = len(passes[number].tokens)
        if held and (rows + count > ROWS[-1] or len(held) == SESSIONS):
            yield held
            held, rows = [], 0
        held.append(number)
        rows += count
    if held:
        yield held


def _captured(given: Pass, own: slice, kept: Sequence[Tensor], hidden: Tensor) -> Captured:
    """Return what a session's plan asks for; what attention gave is computed when somebody asks."""
    plan = given.plan
    if not plan.tells:
        return NOTHING
    states = hidden[own] if plan.hidden else None
    if not plan.attends:
        return Captured(hidden=states)
    queries, totals = (tensor[:, :, own] for tensor in kept)
    mask = torch.from_numpy(bias_of(given, np.float32))
    context = _context(given, queries, totals, mask) if plan.context else None
    if not plan.received:
        return Captured(None, context, states)
    first, count = plan.first, len(given.tokens)
    received = SummedPass(plan, [queries[first:]], [totals[first:]], mask[None, None], None, count)
    return Captured(received, context, states)


def _context(given: Pass, queries: Tensor, totals: Tensor, mask: Tensor) -> Tensor:
    """Return what a session's rows attend to before their own step, in the last layers."""
    cache, last = given.cache, slice(-LAST_LAYERS, None)
    keys = cache.keys[last, :, : cache.plan.extent]
    shares = shares_of(queries[last], totals[last], keys, mask.to(keys.device))
    seen = torch.from_numpy(seen_by(given)).to(keys.device)
    return context_traits(given.plan, list(shares.mean(1)), seen, given.rows)

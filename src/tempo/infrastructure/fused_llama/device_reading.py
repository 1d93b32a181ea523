"""A reading of a pass's rows by one kernel and one copy of a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.proposal import Proposal
from tempo.domain.tokens import TokenId
from tempo.infrastructure.fused_llama.kernel_step import logits_size
from tempo.infrastructure.fused_llama.tiles import power_of_two
from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from tempo.domain.proposal import Reading
    from tempo.infrastructure.fused_llama.tiles import Tiles
    from tempo.infrastructure.fused_llama.weights import Weights

HEAD = 4
"""Scalars that lead the answer: finite, entropy, count and mass at the threshold."""

BLOCK = 1024
"""Tokens of the vocabulary that one program ranks."""


SMALLEST_ANSWER = 16
"""Candidates that are ranked at least."""

NO_PAIRS = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class _Captured:
    """A captured reading; the question is in page-locked memory, the answer on the device."""

    graph: torch.cuda.CUDAGraph
    question: np.ndarray
    told: Tensor
    kept: tuple[Tensor, ...]


class DeviceReader:
    """Reads rows that a captured pass wrote."""

    LARGEST = 64
    """Candidates that it ranks at most."""

    def __init__(self, weights: Weights, cut: Callable[[int], Tiles]) -> None:
        """Read rows of a model's vocabulary, as its head cut it."""
        self._weights, self._cut = weights, cut
        self._held: dict[tuple[int, int], _Captured] = {}

    def read(self, block: Tensor, width: int, reading: Reading) -> Proposal:
        """Answer a reading that asks for candidates alone."""
        vocabulary = self._weights.architecture.vocabulary
        considered = min(reading.considered, vocabulary)
        best = max(SMALLEST_ANSWER, power_of_two(considered))
        captured = self._captured(width, best)
        live = len(reading.weights)
        question = captured.question
        question[:16].view(np.int64)[:] = (block.data_ptr(), live)
        numbers = question[16:].view(np.float32)
        numbers[0] = reading.log_threshold
        with np.errstate(divide="ignore"):
            numbers[1 : 1 + live] = np.log(np.asarray(reading.weights))
        captured.graph.replay()
        told = captured.told
        if reading.pairs:
            told = torch.cat([told, self._pairs(block, width, reading)])
        answer = to_host(told)
        pairs = answer[len(captured.told) :]
        return _proposal(answer[: len(captured.told)], live, best, considered, pairs)

    def _pairs(self, block: Tensor, width: int, reading: Reading) -> Tensor:
        """Return the log-probability of each pair asked for."""
        vocabulary = self._weights.architecture.vocabulary
        row, token = torch.tensor(reading.pairs, device=block.device).T
        return block[row * vocabulary + token] - block[len(block) - width + row]

    def _captured(self, width: int, best: int) -> _Captured:
        held = self._held.get((width, best))
        if held is None:
            held = self._held[width, best] = self._capture(width, best)
        return held

    def _capture(self, width: int, best: int) -> _Captured:
        from tempo.infrastructure.fused_llama.kernels.extraction import extracted  # noqa: PLC0415 - Triton is optional

        device, vocabulary = self._weights.device, self._weights.architecture.vocabulary
        tiles, size = logits_size(vocabulary, width, self._cut(width).head)
        blocks = -(-vocabulary // BLOCK)
        question = torch.zeros(16 + 4 * (1 + width) + 8, dtype=torch.uint8, pin_memory=True)
        asked = torch.zeros_like(question, device=device)
        told = torch.zeros(HEAD + (2 + width) * best, device=device)
        keys = torch.zeros(blocks * best, dtype=torch.int64, device=device)
        summaries = torch.zeros(3 * blocks, device=device)
        tickets = torch.zeros(1, dtype=torch.int32, device=device)
        zeros = torch.zeros(size, device=device)
        question.numpy()[:16].view(np.int64)[:] = (zeros.data_ptr(), 1)
        wanted = asked[16 : 16 + 4 * (1 + width)].view(torch.float32)

        def launch() -> None:
            asked.copy_(question, non_blocking=True)
            extracted[(blocks,)](
                asked[:16].view(torch.int64), wanted, keys, summaries, tickets, told,
                VOCABULARY=vocabulary, WIDTH=width, TILES=tiles, BLOCK=BLOCK, BLOCKS=blocks,
                BLOCKS_PADDED=power_of_two(blocks), BEST=best, num_warps=4,
            )  # fmt: skip

        launch()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            launch()
        kept = (question, asked, keys, summaries, tickets)
        return _Captured(graph, question.numpy(), told, kept)


def _proposal(
    answer: np.ndarray, live: int, best: int, considered: int, pairs: np.ndarray = NO_PAIRS
) -> Proposal:
    """Return the proposal that an answer holds; candidates come sorted."""
    if not answer[0]:
        return Proposal(finite=False)
    parts = answer[HEAD:].reshape(-1, best)
    count = min(considered, int(np.count_nonzero(~np.isneginf(parts[1]))))
    rows = parts[2 : 2 + live, :count]
    return Proposal(
        token_ids=tuple(map(TokenId, parts[0, :count].astype(np.int64).tolist())),
        log_probabilities=np.minimum(parts[1, :count], 0.0),
        rows=rows,
        plain_rows=rows,
        entropy=float(answer[1]),
        passing=int(answer[2]),
        passing_mass=min(1.0, float(answer[3])),
        pair_scores=pairs,
        processed_scores=pairs,
        mixtures=np.empty((0, 0)),
    )

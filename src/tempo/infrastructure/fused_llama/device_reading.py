"""A reading of a pass's rows by one kernel and one copy of a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.proposal import Proposal
from tempo.domain.tokens import TokenId
from tempo.infrastructure.fused_llama.kernel_step import logits_size
from tempo.infrastructure.fused_llama.tiles import power_of_two, width_bucket
from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    from torch import Tensor

    from tempo.domain.proposal import FloatArray, Reading
    from tempo.infrastructure.fused_llama.tiles import Tiles
    from tempo.infrastructure.fused_llama.weights import Weights

HEAD = 4
"""Scalars that lead the answer: finite, entropy, count and mass at the threshold."""

BLOCK = 1024
"""Tokens of the vocabulary that one program ranks."""


SMALLEST_ANSWER = 16
"""Candidates that are ranked at least."""

BARRED = 8
"""Tokens that a session can bar at most."""


READINGS = 24
"""Captured readings that are held at most; the one that was not used for longest goes first."""


@dataclass(frozen=True, slots=True)
class ReadingForm:
    """What a captured reading has room for.

    Attributes:
        sessions: how many.
        width: rows of one session.
        rows: of the pass, all sessions together.
        best: candidates of each session.
        barred: tokens that each session bars.
    """

    sessions: int
    width: int
    rows: int
    best: int
    barred: int

    @classmethod
    def of(cls, rows: int, readings: Sequence[Reading]) -> ReadingForm:
        """Return the smallest form that is captured and that holds some readings of a pass."""
        best = max(SMALLEST_ANSWER, *(power_of_two(reading.considered) for reading in readings))
        width = width_bucket(max(len(reading.weights) for reading in readings))
        barred = BARRED if any(reading.barred for reading in readings) else 0
        return cls(power_of_two(len(readings)), width, rows, best, barred)

    @property
    def answer(self) -> int:
        """How many numbers come back."""
        return self.sessions * (HEAD + (2 + self.width) * self.best + self.width)


def sizes(form: ReadingForm) -> tuple[int, int, int]:
    """Return the bytes of a question's addresses, its barred tokens, and what is wanted."""
    sessions = form.sessions
    return 8 * (1 + 2 * sessions), 8 * sessions * form.barred, 4 * sessions * (1 + form.width)


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What is asked of a pass, in page-locked memory.

    Attributes:
        memory: all of it.
        addresses: of the logits, then each session's first row and number of rows.
        barred: [session, barred] token ids, -1 for none.
        wanted: [session, 1 + width] threshold in nats, logarithms of the rows' weights.
    """

    memory: Tensor
    addresses: npt.NDArray[np.int64]
    barred: npt.NDArray[np.int64]
    wanted: npt.NDArray[np.float32]

    @classmethod
    def of(cls, form: ReadingForm) -> Question:
        """Reserve memory for a form."""
        first, second, third = sizes(form)
        memory = torch.zeros(first + second + third, dtype=torch.uint8, pin_memory=True)
        view = memory.numpy()
        barred = view[first : first + second].view(np.int64).reshape(form.sessions, form.barred)
        wanted = view[first + second :].view(np.float32).reshape(form.sessions, -1)
        return cls(memory, view[:first].view(np.int64), barred, wanted)

    def write(self, block: int, readings: Sequence[tuple[int, Reading]]) -> None:
        """Write what is asked of a block of logits; sessions that are not there have no rows."""
        addresses, wanted = self.addresses, self.wanted
        addresses[0], addresses[1:], self.barred[:] = block, 0, -1
        for number, (first, reading) in enumerate(readings):
            live = len(reading.weights)
            addresses[1 + 2 * number : 3 + 2 * number] = (first, live)
            self.barred[number, : len(reading.barred)] = reading.barred
            wanted[number, 0] = reading.log_threshold
            with np.errstate(divide="ignore"):
                wanted[number, 1 : 1 + live] = np.log(np.asarray(reading.weights))


@dataclass(frozen=True, slots=True, eq=False)
class _Captured:
    """A captured reading; the question is on the host, the answer on the device."""

    graph: torch.cuda.CUDAGraph
    question: Question
    told: Tensor
    kept: tuple[Tensor, ...]


class DeviceReader:
    """Reads rows that a captured pass wrote."""

    LARGEST = 64
    """Candidates that it ranks at most."""

    def __init__(self, weights: Weights, cut: Callable[[int], Tiles]) -> None:
        """Read rows of a model's vocabulary, as its head cut it."""
        self._weights, self._cut = weights, cut
        self._held: dict[ReadingForm, _Captured] = {}

    def read(
        self, block: Tensor, rows: int, readings: Sequence[tuple[int, Reading]]
    ) -> list[Proposal]:
        """Answer readings of a block of so many rows, each with its first row among them."""
        form = ReadingForm.of(rows, [reading for _, reading in readings])
        captured = self._captured(form)
        captured.question.write(block.data_ptr(), readings)
        captured.graph.replay()
        told = captured.told
        if any(reading.pairs for _, reading in readings):
            told = torch.cat([told, self._pairs(block, rows, readings)])
        answer = to_host(told)
        answers, scores = answer[: form.answer], answer[form.answer :]
        found, start = [], 0
        for (_, reading), own in zip(readings, answers.reshape(form.sessions, -1), strict=False):
            stop = start + len(reading.pairs)
            found.append(_proposal(own, reading, form, scores[start:stop]))
            start = stop
        return found

    def _pairs(self, block: Tensor, rows: int, readings: Sequence[tuple[int, Reading]]) -> Tensor:
        """Return the log-probability of each pair asked for."""
        vocabulary = self._weights.architecture.vocabulary
        pairs = [(first + row, token) for first, one in readings for row, token in one.pairs]
        row, token = torch.tensor(pairs, device=block.device).T
        return block[row * vocabulary + token] - block[len(block) - rows + row]

    def _captured(self, form: ReadingForm) -> _Captured:
        held = self._held.pop(form, None) or self._capture(form)
        self._held[form] = held
        while len(self._held) > READINGS:
            del self._held[next(iter(self._held))]
        return held

    def _capture(self, form: ReadingForm) -> _Captured:
        from tempo.infrastructure.fused_llama.kernels.extraction import (  # noqa: PLC0415 - Triton is optional
            extracted,
            without_barred,
        )

        device, vocabulary = self._weights.device, self._weights.architecture.vocabulary
        head = self._cut(form.rows).head
        tiles, size = logits_size(vocabulary, form.rows, head)
        blocks = -(-vocabulary // BLOCK)
        question = Question.of(form)
        asked = torch.zeros_like(question.memory, device=device)
        told = torch.zeros(form.answer, device=device)
        keys = torch.zeros(form.sessions * blocks * form.best, dtype=torch.int64, device=device)
        summaries = torch.zeros(form.sessions * 3 * blocks, device=device)
        tickets = torch.zeros(form.sessions, dtype=torch.int32, device=device)
        totals = torch.zeros(form.sessions, form.width, device=device)
        zeros = torch.zeros(size, device=device)
        question.write(zeros.data_ptr(), [])
        first, second, _ = sizes(form)
        addresses, barred = (
            part.view(torch.int64) for part in (asked[:first], asked[first : first + second])
        )
        wanted = asked[first + second :].view(torch.float32)

        def launch() -> None:
            asked.copy_(question.memory, non_blocking=True)
            if form.barred:
                without_barred[(form.width, form.sessions)](
                    addresses, barred, totals, form.rows, VOCABULARY=vocabulary, WIDE=form.width,
                    TILES=tiles, TILES_PADDED=power_of_two(tiles), COLUMNS=head.columns,
                    BARRED=form.barred, num_warps=4,
                )  # fmt: skip
            extracted[(blocks, form.sessions)](
                addresses, wanted, barred, totals, keys, summaries, tickets, told, form.rows,
                VOCABULARY=vocabulary, WIDE=form.width, TILES=tiles, BLOCK=BLOCK, BLOCKS=blocks,
                BLOCKS_PADDED=power_of_two(blocks), BEST=form.best, BARRED=form.barred, num_warps=4,
            )  # fmt: skip

        launch()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            launch()
        return _Captured(graph, question, told, (asked, totals, keys, summaries, tickets))


def _proposal(
    answer: FloatArray, reading: Reading, form: ReadingForm, scores: FloatArray
) -> Proposal:
    """Return the proposal that an answer holds; candidates come sorted.

    `scores` are those of the pairs asked for, before anything was barred.
    """
    if not answer[0]:
        return Proposal(finite=False)
    stop = len(answer) - form.width
    parts, shifts = answer[HEAD:stop].reshape(-1, form.best), answer[stop:]
    possible = int(np.count_nonzero(~np.isneginf(parts[1])))
    count, live = min(reading.considered, possible), len(reading.weights)
    rows = parts[2 : 2 + live, :count]
    return Proposal(
        token_ids=tuple(map(TokenId, parts[0, :count].astype(np.int64).tolist())),
        log_probabilities=np.minimum(parts[1, :count], 0.0),
        rows=rows,
        plain_rows=rows - shifts[:live, None] if reading.barred else rows,
        entropy=float(answer[1]),
        passing=int(answer[2]),
        passing_mass=min(1.0, float(answer[3])),
        pair_scores=scores,
        processed_scores=_processed(scores, shifts, reading) if reading.barred else scores,
        mixtures=np.empty((0, 0)),
    )


def _processed(scores: FloatArray, shifts: FloatArray, reading: Reading) -> FloatArray:
    """Return the pairs' scores after barring."""
    rows = [row for row, _ in reading.pairs]
    gone = [token in reading.barred for _, token in reading.pairs]
    return np.where(gone, -np.inf, scores + shifts[rows])

"""A reading of a pass's rows by one kernel and one copy of a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.domain.proposal import Proposal
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


NO_MIXTURES = np.empty((0, 0))

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
        places, barred, wanted = [block], [], []
        absent, width = self.barred.shape[1], self.wanted.shape[1] - 1
        for first, reading in readings:
            live = len(reading.weights)
            places += (first, live)
            barred.append(reading.barred + (-1,) * (absent - len(reading.barred)))
            wanted.append((reading.log_threshold, *reading.weights, *(1.0,) * (width - live)))
        self.addresses[len(places) :] = 0
        self.addresses[: len(places)] = places
        count = len(readings)
        self.barred[count:] = -1
        if count:
            self.barred[:count] = barred
            shares = np.array(wanted)
            with np.errstate(divide="ignore"):
                np.log(shares[:, 1:], out=shares[:, 1:])
            self.wanted[:count] = shares


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
        self._stream = torch.cuda.Stream(weights.device, priority=-1)

    def read(
        self,
        block: Tensor,
        rows: int,
        readings: Sequence[tuple[int, Reading]],
        computed: torch.cuda.Event | None,
    ) -> list[Proposal]:
        """Answer readings of a block of so many rows, each with its first row among them.

        They wait for the pass that computed the rows, and for no later one of other sessions: a
        stream of their own goes past those.
        """
        form = ReadingForm.of(rows, [reading for _, reading in readings])
        captured = self._captured(form)
        captured.question.write(block.data_ptr(), readings)
        if computed is not None:
            self._stream.wait_event(computed)
        with torch.cuda.stream(self._stream):
            captured.graph.replay()
            told = captured.told
            if any(reading.pairs for _, reading in readings):
                told = torch.cat([told, self._pairs(block, rows, readings)])
            answer = to_host(told)
        answers, scores = answer[: form.answer], answer[form.answer :]
        return proposals(answers.reshape(form.sessions, -1), scores, form, readings)

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


def proposals(
    answers: FloatArray,
    scores: FloatArray,
    form: ReadingForm,
    readings: Sequence[tuple[int, Reading]],
) -> list[Proposal]:
    """Return the proposals that [session, answer] answers hold; candidates come sorted.

    `scores` are those of the pairs that the readings ask for, before anything was barred.
    """
    best, stop = form.best, answers.shape[1] - form.width
    heads = answers[:, :HEAD].tolist()
    token_ids = answers[:, HEAD : HEAD + best].astype(np.int64).tolist()
    logs = np.minimum(answers[:, HEAD + best : HEAD + 2 * best], 0.0)
    possible = np.count_nonzero(logs > -np.inf, axis=1).tolist()
    tables = answers[:, HEAD + 2 * best : stop].reshape(len(answers), form.width, best)
    found, start = [], 0
    for number, (_, reading) in enumerate(readings):
        finite, entropy, passing, mass = heads[number]
        stop_pairs = start + len(reading.pairs)
        own, start = scores[start:stop_pairs], stop_pairs
        if not finite:
            found.append(Proposal(finite=False))
            continue
        count, live = min(reading.considered, possible[number]), len(reading.weights)
        rows = tables[number, :live, :count]
        plain, processed = rows, own
        if reading.barred:
            shifts = answers[number, stop:]
            plain = rows - shifts[:live, None]
            processed = _processed(own, shifts, reading) if reading.pairs else own
        found.append(
            Proposal(
                token_ids=tuple(token_ids[number][:count]),
                log_probabilities=logs[number, :count],
                rows=rows,
                plain_rows=plain,
                entropy=entropy,
                passing=int(passing),
                passing_mass=min(1.0, mass),
                pair_scores=own,
                processed_scores=processed,
                mixtures=NO_MIXTURES,
            )
        )
    return found


def _processed(scores: FloatArray, shifts: FloatArray, reading: Reading) -> FloatArray:
    """Return the pairs' scores after barring."""
    rows = [row for row, _ in reading.pairs]
    gone = [token in reading.barred for _, token in reading.pairs]
    return np.where(gone, -np.inf, scores + shifts[rows])

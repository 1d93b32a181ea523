"""The memory that a captured pass reads its tokens from, and the form that it was captured in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.infrastructure.fused_llama.tiles import (
    power_of_two,
    rows_bucket,
    span_bucket,
    width_bucket,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from tempo.infrastructure.fused_llama.plain_decoder import Pass

HEADER, SESSION = 4, 10
"""Integers before the sessions, and of each session, as the kernels count them."""


@dataclass(frozen=True, slots=True)
class Form:
    """What a captured pass has room for.

    Attributes:
        sessions: how many.
        width: rows of one session.
        rows: of all sessions together.
        span: rows of a session's cache.
        watched: whether queries are kept, for what rows attend to.
    """

    sessions: int
    width: int
    rows: int
    span: int
    watched: bool

    @classmethod
    def of(cls, passes: Sequence[Pass]) -> Form:
        """Return the smallest form that is captured and that holds what sessions feed."""
        counts = [len(given.tokens) for given in passes]
        return cls(
            sessions=power_of_two(len(passes)),
            width=width_bucket(max(counts)),
            rows=rows_bucket(sum(counts)),
            span=span_bucket(max(given.cache.plan.extent for given in passes)),
            watched=any(given.plan.attends for given in passes),
        )

    @property
    def integers(self) -> int:
        """How many the kernels read: addresses, what each session has, and three lists of rows."""
        return HEADER + self.sessions * SESSION + 3 * self.rows

    @property
    def floats(self) -> int:
        """How many weights there are at most."""
        return self.sessions * self.width * (self.width + self.span)


class Staging:
    """Page-locked memory that one pass is written to, and its copy on the device."""

    def __init__(self, form: Form, device: torch.device) -> None:
        """Reserve both, twice on the host: the next pass is written while the last is copied."""
        self._form = form
        self._first = 8 * form.integers
        size = self._first + 4 * form.floats
        self._hosts = [torch.empty(size, dtype=torch.uint8, pin_memory=True) for _ in range(2)]
        self._copied = [torch.cuda.Event(), torch.cuda.Event()]
        self._device = torch.zeros(size, dtype=torch.uint8, device=device)
        self._turn = 0
        self.ints = self._device[: self._first].view(torch.int64)
        self.floats = self._device[self._first :].view(torch.float32)

    def upload(self, addresses: Sequence[int], passes: Sequence[Pass]) -> None:
        """Copy what sessions feed to the device; the call does not wait for it."""
        self._turn ^= 1
        host, copied = self._hosts[self._turn], self._copied[self._turn]
        copied.synchronize()
        view = host.numpy()
        integers = view[: self._first].view(np.int64)
        floats = view[self._first :].view(np.float32)
        used = written(self._form, addresses, passes, integers, floats)
        size = self._first + 4 * used
        self._device[:size].copy_(host[:size], non_blocking=True)
        copied.record()


def written(
    form: Form,
    addresses: Sequence[int],
    passes: Sequence[Pass],
    integers: npt.NDArray[np.int64],
    floats: npt.NDArray[np.float32],
) -> int:
    """Write what sessions feed as the kernels read it; return how many floats that took.

    A session that is not there has no rows; a row that is not there is written to no cache.
    """
    integers[: len(addresses)] = addresses
    stop = HEADER + form.sessions * SESSION
    told = integers[HEADER:stop].reshape(form.sessions, SESSION)
    told[len(passes) :] = 0
    lists = integers[stop:].reshape(3, form.rows)
    lists[:2], lists[2] = 0, -1
    first = place = 0
    sessions: list[tuple[int, ...]] = []
    tokens: list[int] = []
    positions: list[int] = []
    rows: list[int] = []
    for given in passes:
        cache, prompt = given.cache, given.prompt
        live, spread = given.weights.shape
        sessions.append((
            cache.keys.data_ptr(), cache.values.data_ptr(), cache.capacity,
            prompt + spread, prompt, spread, first, live, place, 0,
        ))  # fmt: skip
        tokens += given.tokens
        positions += given.positions
        rows += given.rows
        place = _weights(given, form.width, floats, place)
        first += live
    if sessions:
        told[: len(sessions)] = sessions
        lists[:, :first] = (tokens, positions, rows)
    return place


def _weights(given: Pass, width: int, floats: npt.NDArray[np.float32], place: int) -> int:
    """Write what a session's rows see of each other, then what they see of the rows before."""
    live, spread = given.weights.shape
    own = [row - given.prompt for row in given.rows]
    middle = place + width * width
    floats[place:middle].reshape(width, width)[:live, :live] = given.weights[:, own]
    stop: int = middle + live * spread
    before = floats[middle:stop].reshape(live, spread)
    before[:] = given.weights
    before[:, own] = 0.0
    return stop

"""How many threads torch computes on: numbers depend on it, so that engines must agree."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

from tempo.application.workers.threads import require_threads

if TYPE_CHECKING:
    from collections.abc import Iterator


def compute_on(threads: int) -> None:
    """Have torch compute on so many threads in this process.

    Raises:
        InvalidValueError: for a number outside its range.
    """
    require_threads(threads)
    torch.set_num_threads(threads)


@contextmanager
def computing_on(threads: int) -> Iterator[None]:
    """Have torch compute on so many threads for a while.

    Raises:
        InvalidValueError: for a number outside its range.
    """
    before = torch.get_num_threads()
    compute_on(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)

"""The one place where costs are counted: the model's own forward, whoever calls it."""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch

from tempo.application.studies.comparison.outcomes import Cost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from transformers import PreTrainedModel


class PassCount:
    """What the passes of a stretch of time added up to.

    Attributes:
        forward_passes: calls of the model.
        token_rows: rows that went through it: batch times length of the input.
        cache_row_reads: for each of these rows the rows of keys and values that its attention was
            computed over, those of its own pass among them, added up. Rows that the mask hides are
            read too, and count; what a batch holds several times is read several times.
        peak_bytes: the most that a pass's cache and logits took.
    """

    def __init__(self) -> None:
        """Start at nothing."""
        self.forward_passes = 0
        self.token_rows = 0
        self.cache_row_reads = 0
        self.peak_bytes = 0
        self._total: Cost | None = None

    @property
    def total(self) -> Cost:
        """The cost of a block that has ended.

        Raises:
            RuntimeError: inside the block.
        """
        if self._total is None:
            message = "the passes are still being counted"
            raise RuntimeError(message)
        return self._total

    def end(self, milliseconds: float, peak_bytes: int) -> None:
        """Sum up."""
        self._total = Cost(
            forward_passes=self.forward_passes,
            token_rows=self.token_rows,
            cache_row_reads=self.cache_row_reads,
            milliseconds=milliseconds,
            peak_bytes=peak_bytes,
        )

    def note(self, _model: object, _: object, given: dict[str, Any], output: Any) -> None:  # noqa: ANN401 - a hook's
        """Take a pass in; the signature is that of a forward hook with keywords."""
        fed = given.get("input_ids")
        fed = given["inputs_embeds"] if fed is None else fed
        batch, length = fed.shape[:2]
        cache = given.get("past_key_values")
        seen = length if cache is None else int(cache.get_seq_length())
        self.forward_passes += 1
        self.token_rows += batch * length
        self.cache_row_reads += batch * length * seen
        held = output.logits.nbytes + (0 if cache is None else cache_bytes(cache))
        self.peak_bytes = max(self.peak_bytes, held)


def cache_bytes(cache: Any) -> int:  # noqa: ANN401 - any cache of transformers'
    """Return how much memory a cache's keys and values take, room for later rows included."""
    layers = (layer for layer in cache.layers if getattr(layer, "is_initialized", False))
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in layers)


@contextmanager
def counted(model: PreTrainedModel) -> Iterator[PassCount]:
    """Count the passes of a model inside a block; its `total` is there afterwards.

    Every pass goes through the model's own call with its inputs as keywords. On a CUDA device the
    memory is the allocator's peak beyond what was held before the block; elsewhere, where a process
    does not tell, that of the largest pass's cache and logits.
    """
    count = PassCount()
    hook = model.register_forward_hook(count.note, with_kwargs=True)
    held = _begin(model.device)
    start = perf_counter()
    try:
        yield count
        _wait(model.device)
        milliseconds = 1000.0 * (perf_counter() - start)
    finally:
        hook.remove()
    count.end(milliseconds, _peak(model.device, held, count.peak_bytes))


def _begin(device: torch.device) -> int:
    if device.type != "cuda":
        return 0
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    return torch.cuda.memory_allocated(device)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _peak(device: torch.device, held: int, counted_bytes: int) -> int:
    if device.type != "cuda":
        return counted_bytes
    return torch.cuda.max_memory_allocated(device) - held

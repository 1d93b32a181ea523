"""What a step has to read, and how fast memory is read here."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

import torch
from torch import nn

from tempo.application.studies.speed.report import Memory
from tempo.infrastructure.resident_memory import peak_resident_bytes

if TYPE_CHECKING:
    from transformers import PreTrainedModel

BLOCK = {"cpu": 1 << 30, "cuda": 4 << 30}
"""Bytes that are read to see how fast that goes: more than any cache holds."""

READS = 7


def memory_of(model: PreTrainedModel, states: torch.dtype) -> Memory:
    """Return what a token of a model reads at least, and measure how fast this machine reads.

    `states` is the type of the cache's.
    """
    config = model.config
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    weights = bytes_of(model)
    embedding = model.get_input_embeddings()
    if not config.tie_word_embeddings:
        weights -= bytes_of(embedding)  # a token reads one row of it
    peak = _peak(model.device)
    return Memory(
        weight_bytes=weights,
        row_bytes=2 * config.num_hidden_layers * heads * size * states.itemsize,
        bandwidth=read_bandwidth(model.device),
        peak_bytes=peak,
    )


def bytes_of(module: nn.Module) -> int:
    """Return how much memory a module's weights take."""
    return sum(one.numel() * one.element_size() for one in module.parameters())


def read_bandwidth(device: torch.device) -> float:
    """Return bytes a second of summing up a large block, the best of several times."""
    block = torch.zeros(BLOCK.get(device.type, 1 << 28) // 4, device=device)
    best = 0.0
    for _ in range(READS):
        start = perf_counter()
        block.sum().item()
        best = max(best, 4 * block.numel() / (perf_counter() - start))
    return best


def _peak(device: torch.device) -> int:
    """Return the most bytes that a device, or else the process, held; 0 if none can tell."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return peak_resident_bytes()

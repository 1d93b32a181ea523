"""What an exit layer looks at: the best of a row's readout, and how far its state still moves."""

from __future__ import annotations

import numba
import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import (
    Floats,
    Integers,
    parallel,
    serial,
)
from tempo.infrastructure.fused_llama.processor.exponential import exponential


@parallel
def surveyed(logits: Floats, tokens: Integers, margins: Floats, entropies: Floats) -> None:
    """Write of each row [row, vocab] the best token, its lead in probability, and the entropy.

    Of equal tokens the lowest is the best. Entropies are in nats.
    """
    for row in numba.prange(logits.shape[0]):
        tokens[row], margins[row], entropies[row] = _survey(logits[row])


@serial
def _survey(logits: Floats) -> tuple[int, np.float32, np.float32]:
    highest = logits.max()
    best, second, total, moment = -1, np.float32(-np.inf), np.float32(0.0), np.float32(0.0)
    for token in range(logits.size):
        apart = logits[token] - highest
        share = exponential(apart)
        total += share
        moment += share * max(apart, np.float32(-100.0))  # 0 times infinity is no number
    for token in range(logits.size):
        if best < 0 and logits[token] == highest:
            best = token
        else:
            second = max(second, logits[token])
    lead = (np.float32(1.0) - exponential(second - highest)) / total
    return best, lead, np.log(total) - moment / total


@serial
def similarities(before: Floats, after: Floats, found: Floats) -> None:
    """Write [row] the cosines between rows [row, hidden] and what became of them."""
    for row in range(before.shape[0]):
        across = one = other = np.float32(0.0)
        for at in range(before.shape[1]):
            across += before[row, at] * after[row, at]
            one += before[row, at] * before[row, at]
            other += after[row, at] * after[row, at]
        found[row] = across / np.sqrt(one * other)


@serial
def stored(states: Floats, keys: Floats, values: Floats, places: Integers) -> None:
    """Write rows [row, 2 * kv_head * head_dim] to places of a cache's layer.

    `keys` and `values` are [kv_head, key, head_dim].
    """
    kv_heads, _, size = keys.shape
    for row in range(places.size):
        for kv_head in range(kv_heads):
            first = kv_head * size
            keys[kv_head, places[row]] = states[row, first : first + size]
            first += kv_heads * size
            values[kv_head, places[row]] = states[row, first : first + size]

"""Attention of few rows to a cache, under a bias.

Axes: `row` a token of the pass, `head`, `kv_head`, `key` a row of the cache, `head_dim`.
"""

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
from tempo.infrastructure.fused_llama.processor.products import four_by_four, fours


@parallel
def attended(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    merged: Floats,
    keys: Floats,
    values: Floats,
    places: Integers,
    bias: Floats,
    mixed: Floats,
    sums: Floats,
) -> None:
    """Write one session's states to its cache, and [row, head * head_dim] what its rows find.

    `merged` [row, merged] are queries, keys and values of the session's rows; `keys` and `values`
    [kv_head, key, head_dim] a layer of its cache, whose rows `places` they are written to; `bias`
    [row, key] is added to scores. `sums` [kv_head, group * row] takes the logarithms of what the
    softmax divides by.
    """
    rows, extent = bias.shape
    kv_heads, _, size = keys.shape
    heads = mixed.shape[1] // size
    group = heads // kv_heads
    for row in range(rows):
        for kv_head in range(kv_heads):
            first = (heads + kv_head) * size
            keys[kv_head, places[row]] = merged[row, first : first + size]
            first += kv_heads * size
            values[kv_head, places[row]] = merged[row, first : first + size]
    scale = np.float32(size**-0.5)
    groups = (rows + 3) // 4
    for item in numba.prange(groups * heads):
        head, first = item // groups, 4 * (item % groups)
        kv_head, last = head // group, min(first + 4, rows)
        queries = np.empty((4, size), dtype=np.float32)
        for row in range(4):
            at = min(first + row, rows - 1)
            queries[row] = merged[at, head * size : (head + 1) * size] * scale
        scores = np.empty((4, extent), dtype=np.float32)
        _score(queries, keys[kv_head], scores)
        for row in range(first, last):
            found = mixed[row, head * size : (head + 1) * size]
            shares = scores[row - first]
            shares += bias[row]
            sums[kv_head, (head % group) * rows + row] = _mixture(shares, values[kv_head], found)


@serial
def _score(queries: Floats, keys: Floats, scores: Floats) -> None:
    """Write [4, key] the products of four queries with the first keys."""
    extent = scores.shape[1]
    for first in range(0, extent, 4):
        chosen = fours(extent, first)
        found = four_by_four(queries, (0, 1, 2, 3), keys, chosen)
        for row in range(4):
            for at in range(4):
                scores[row, chosen[at]] = found[row][at]


@serial
def _mixture(scores: Floats, values: Floats, found: Floats) -> np.float32:
    """Write [head_dim] the values by the softmax of scores; return the logarithm of its sum."""
    best = scores.max()
    total = np.float32(0.0)
    for key in range(scores.size):
        scores[key] = exponential(scores[key] - best)
        total += scores[key]
    scale = np.float32(1.0) / total
    found[:] = np.float32(0.0)
    whole = scores.size - scores.size % 4
    for key in range(0, whole, 4):
        one, other, third, fourth = values[key], values[key + 1], values[key + 2], values[key + 3]
        a, b, c, d = scores[key], scores[key + 1], scores[key + 2], scores[key + 3]
        for at in range(found.size):
            found[at] += a * one[at] + b * other[at] + c * third[at] + d * fourth[at]
    for key in range(whole, scores.size):
        one, a = values[key], scores[key]
        for at in range(found.size):
            found[at] += a * one[at]
    for at in range(found.size):
        found[at] *= scale
    logarithm: np.float32 = best + np.log(total)
    return logarithm

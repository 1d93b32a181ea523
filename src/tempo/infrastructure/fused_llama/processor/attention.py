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
from tempo.infrastructure.fused_llama.processor.products import fours


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
    for item in numba.prange(rows * heads):
        head, row = item // rows, item % rows
        kv_head = head // group
        query = merged[row, head * size : (head + 1) * size]
        scores = np.empty(extent, dtype=np.float32)
        _scores(query, keys[kv_head], scale, bias[row], scores)
        found = mixed[row, head * size : (head + 1) * size]
        sums[kv_head, (head % group) * rows + row] = _mixture(scores, values[kv_head], found)


@serial
def _scores(query: Floats, keys: Floats, scale: float, bias: Floats, scores: Floats) -> None:
    extent = bias.size
    for key in range(0, extent, 4):
        i, j, k, l = fours(extent, key)  # noqa: E741
        one, other, third, fourth = keys[i], keys[j], keys[k], keys[l]
        a = b = c = d = np.float32(0.0)
        for at in range(query.size):
            a += query[at] * one[at]
            b += query[at] * other[at]
            c += query[at] * third[at]
            d += query[at] * fourth[at]
        scores[i], scores[j] = a * scale + bias[i], b * scale + bias[j]
        scores[k], scores[l] = c * scale + bias[k], d * scale + bias[l]


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

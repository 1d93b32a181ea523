"""What a layer does before its attention and after it."""

from __future__ import annotations

import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import Floats, serial
from tempo.infrastructure.fused_llama.processor.products import Pair, gated, product


@serial
def normalised(states: Floats, weight: Floats, epsilon: float, outputs: Floats) -> None:
    """Write RMSNorm (Zhang & Sennrich 2019, equation 4) of rows [row, size]."""
    rows, size = states.shape
    for row in range(rows):
        squares = np.float32(0.0)
        for at in range(size):
            squares += states[row, at] * states[row, at]
        scale = np.float32(1.0 / np.sqrt(squares / size + epsilon))
        for at in range(size):
            outputs[row, at] = states[row, at] * scale * weight[at]


@serial
def _turned_heads(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    merged: Floats,
    span: tuple[int, int],
    cosines: Floats,
    sines: Floats,
    norm: Floats,
    epsilon: float,
) -> None:
    """Rotate some heads of rows [row, head * head_dim], in place; `span` is first and count.

    `norm` [head_dim] is the RMSNorm of each head before, of size 0 for none.
    """
    half = cosines.shape[1]
    size = 2 * half
    for row in range(merged.shape[0]):
        for head in range(span[0], span[0] + span[1]):
            state = merged[row, head * size : (head + 1) * size]
            if norm.size:
                squares = np.float32(0.0)
                for at in range(size):
                    squares += state[at] * state[at]
                scale = np.float32(1.0 / np.sqrt(squares / size + epsilon))
                for at in range(size):
                    state[at] = state[at] * scale * norm[at]
            for at in range(half):
                one, other = state[at], state[half + at]
                state[at] = one * cosines[row, at] - other * sines[row, at]
                state[half + at] = other * cosines[row, at] + one * sines[row, at]


@serial
def turned(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    merged: Floats,
    bias: Floats,
    head_norms: tuple[Floats, Floats],
    heads: tuple[int, int],
    angles: tuple[Floats, Floats],
    epsilon: float,
) -> None:
    """Turn queries and keys in [row, merged] to their positions, in place.

    `bias` and `head_norms` are of size 0 in models without; `heads` are query and key heads.
    """
    if bias.size:
        for row in range(merged.shape[0]):
            for at in range(merged.shape[1]):
                merged[row, at] += bias[at]
    cosines, sines = angles
    _turned_heads(merged, (0, heads[0]), cosines, sines, head_norms[0], epsilon)
    _turned_heads(merged, heads, cosines, sines, head_norms[1], epsilon)


@serial
def add(states: Floats, sums: Floats) -> None:
    """Add to `sums`; numpy's own sum would be shared out over threads, at more than it costs."""
    for row in range(sums.shape[0]):
        for at in range(sums.shape[1]):
            sums[row, at] += states[row, at]


@serial
def begun(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    hidden: Floats,
    norm: Floats,
    matrix: Pair,
    bias: Floats,
    head_norms: tuple[Floats, Floats],
    heads: tuple[int, int],
    angles: tuple[Floats, Floats],
    epsilon: float,
    normed: Floats,
    merged: Floats,
) -> None:
    """Write [row, merged] queries and keys, turned to their positions, and values of a layer."""
    normalised(hidden, norm, epsilon, normed)
    product(normed, matrix, merged)
    turned(merged, bias, head_norms, heads, angles, epsilon)


@serial
def ended(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    hidden: Floats,
    mixed: Floats,
    output: Pair,
    norm: Floats,
    gate_up: Pair,
    down: Pair,
    epsilon: float,
    normed: Floats,
    inner: Floats,
    added: Floats,
) -> None:
    """Add to rows [row, hidden] what attention found and what the feed-forward layer makes."""
    product(mixed, output, added)
    add(added, hidden)
    normalised(hidden, norm, epsilon, normed)
    gated(normed, gate_up, inner)
    product(inner, down, added)
    add(added, hidden)

"""The embedding before the first layer and the head after the last one."""

import triton
import triton.language as tl

from tempo.infrastructure.fused_llama.kernels.products import prefetch

LOGITS_PLACE = tl.constexpr(2)
"""Where the addresses of a pass name its logits."""

HEADER = tl.constexpr(8)
"""Numbers before the tokens."""


@triton.jit
def embedded(
    ints,
    embedding,
    frequencies,
    hidden,
    cosines,
    sines,
    rotation_scale,
    WIDTH: tl.constexpr,
    HIDDEN: tl.constexpr,
    HALF: tl.constexpr,
    HALF_BLOCK: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Start the residual stream of each row; cosines and sines of its position, [WIDTH, HALF]."""
    row = tl.program_id(0)
    token = tl.load(ints + HEADER + row)
    for start in range(0, HIDDEN, BLOCK):
        place = start + tl.arange(0, BLOCK)
        state = tl.load(embedding + token * HIDDEN + place, place < HIDDEN, other=0.0)
        tl.store(hidden + row * HIDDEN + place, state, place < HIDDEN)
    pair = tl.arange(0, HALF_BLOCK)
    position = tl.load(ints + HEADER + WIDTH + row).to(tl.float32)
    angle = position * tl.load(frequencies + pair, pair < HALF, other=0.0)
    tl.store(cosines + row * HALF + pair, tl.cos(angle) * rotation_scale, pair < HALF)
    tl.store(sines + row * HALF + pair, tl.sin(angle) * rotation_scale, pair < HALF)


@triton.jit
def scored(
    ints,
    states,
    norm,
    head,
    upcoming,
    epsilon,
    VOCABULARY: tl.constexpr,
    INPUTS: tl.constexpr,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    TILES: tl.constexpr,
    NEXT_ROWS: tl.constexpr,
    NEXT_STRIDE: tl.constexpr,
    PREFETCHES: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Write float32 logits [WIDTH, VOCABULARY], and each tile's maximum and sum of exponentials.

    All go to one block of memory whose address the pass names: logits, maxima [WIDTH, TILES],
    sums [WIDTH, TILES].
    """
    tile_number = tl.program_id(0)
    logits = tl.multiple_of(tl.load(ints + LOGITS_PLACE), 16).to(tl.pointer_type(tl.float32))
    rows = tl.arange(0, ROWS)
    columns = tile_number * COLUMNS + tl.arange(0, COLUMNS)
    real = (rows < WIDTH)[:, None]
    there = columns < VOCABULARY
    safe = tl.where(there, columns, 0).to(tl.int64)
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    squares = tl.zeros((ROWS,), tl.float32)
    for start in range(0, INPUTS, DEPTH):
        inputs = start + tl.arange(0, DEPTH)
        inside = inputs < INPUTS
        if INPUTS % DEPTH == 0:
            state = tl.load(states + rows[:, None] * INPUTS + inputs[None, :], real, other=0.0)
            tile = tl.load(head + safe[None, :] * INPUTS + inputs[:, None])
            scale = tl.load(norm + inputs)
        else:
            state = tl.load(
                states + rows[:, None] * INPUTS + inputs[None, :],
                real & inside[None, :],
                other=0.0,
            )
            tile = tl.load(
                head + safe[None, :] * INPUTS + inputs[:, None], inside[:, None], other=0.0
            )
            scale = tl.load(norm + inputs, inside, other=0.0)
        wide = state.to(tl.float32)
        squares += tl.sum(wide * wide, 1)
        state = (wide * scale.to(tl.float32)[None, :]).to(tile.dtype)
        sums = tl.dot(state, tile, sums, input_precision=PRECISION)
    if PREFETCHES > 0:
        for turn in tl.static_range(PREFETCHES):
            first = (tile_number * PREFETCHES + turn) * 128
            prefetch(upcoming, first, NEXT_ROWS, NEXT_STRIDE, 128)
    sums *= tl.rsqrt(squares / INPUTS + epsilon)[:, None]
    target = rows[:, None] * VOCABULARY + columns[None, :]
    tl.store(logits + target, sums, real & there[None, :])
    masked = tl.where(there[None, :], sums, float("-inf"))
    largest = tl.max(masked, 1)
    total = tl.sum(tl.exp(masked - largest[:, None]), 1)
    summary = logits + WIDTH * VOCABULARY + rows * TILES + tile_number
    tl.store(summary, largest, rows < WIDTH)
    tl.store(summary + WIDTH * TILES, total, rows < WIDTH)


@triton.jit
def totalled(
    ints, VOCABULARY: tl.constexpr, WIDTH: tl.constexpr, TILES: tl.constexpr, BLOCK: tl.constexpr
):
    """Write each row's logsumexp behind the tiles' summaries."""
    row = tl.program_id(0)
    logits = tl.multiple_of(tl.load(ints + LOGITS_PLACE), 16).to(tl.pointer_type(tl.float32))
    tile = tl.arange(0, BLOCK)
    summary = logits + WIDTH * VOCABULARY + row * TILES + tile
    largest = tl.load(summary, tile < TILES, other=float("-inf"))
    total = tl.load(summary + WIDTH * TILES, tile < TILES, other=0.0)
    peak = tl.max(largest, 0)
    whole = tl.sum(total * tl.exp(largest - peak), 0)
    tl.store(
        logits + WIDTH * VOCABULARY + 2 * WIDTH * TILES + row, peak + tl.log(whole)
    )

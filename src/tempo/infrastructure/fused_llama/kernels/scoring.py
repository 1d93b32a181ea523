"""The embedding before the first layer and the head after the last one."""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from tempo.infrastructure.fused_llama.kernels.layout import HEADER, SESSION
from tempo.infrastructure.fused_llama.kernels.products import fetch, sums_of_squares


@triton.jit
def embedded(
    ints,
    embedding,
    norm,
    frequencies,
    hidden,
    scaled,
    squares,
    cosines,
    sines,
    rotation_scale,
    SESSIONS: tl.constexpr,
    WIDTH: tl.constexpr,
    HIDDEN: tl.constexpr,
    HALF: tl.constexpr,
    HALF_BLOCK: tl.constexpr,
    BLOCK: tl.constexpr,
    SOURCES: tl.constexpr,
):
    """Start the residual stream of each row; cosines and sines of its position, [WIDTH, HALF]."""
    row = tl.program_id(0)
    tokens = ints + HEADER + SESSIONS * SESSION
    token = tl.load(tokens + row)
    total = tl.zeros((BLOCK,), tl.float32)
    for start in range(0, HIDDEN, BLOCK):
        place = start + tl.arange(0, BLOCK)
        inside = place < HIDDEN
        state = tl.load(embedding + token * HIDDEN + place, inside, other=0.0)
        gain = tl.load(norm + place, inside, other=0.0).to(tl.float32)
        wide = state.to(tl.float32)
        total += wide * wide
        tl.store(hidden + row * HIDDEN + place, state, inside)
        tl.store(scaled + row * HIDDEN + place, (wide * gain).to(state.dtype), inside)
    tl.store(squares + row, tl.sum(total, 0))
    for source in range(1, SOURCES):
        tl.store(squares + source * WIDTH + row, 0.0)
    pair = tl.arange(0, HALF_BLOCK)
    position = tl.load(tokens + WIDTH + row).to(tl.float32)
    angle = position * tl.load(frequencies + pair, pair < HALF, other=0.0)
    tl.store(cosines + row * HALF + pair, tl.cos(angle) * rotation_scale, pair < HALF)
    tl.store(sines + row * HALF + pair, tl.sin(angle) * rotation_scale, pair < HALF)


@triton.jit
def scored(
    ints,
    states,
    squares,
    head,
    epsilon,
    VOCABULARY: tl.constexpr,
    INPUTS: tl.constexpr,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    TILES: tl.constexpr,
    SOURCES: tl.constexpr,
    SOURCES_PADDED: tl.constexpr,
    EARLY: tl.constexpr,
    BYTES: tl.constexpr,
    OVERLAPPED: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Write float32 logits [WIDTH, VOCABULARY], and each tile's maximum and sum of exponentials.

    All go to one block of memory whose address the pass names: logits, maxima [WIDTH, TILES],
    sums [WIDTH, TILES]. States are scaled by the last norm's weight, as `product` leaves them.
    """
    tile_number = tl.program_id(0)
    logits = tl.multiple_of(tl.load(ints), 16).to(tl.pointer_type(tl.float32))
    rows = tl.arange(0, ROWS)
    columns = tile_number * COLUMNS + tl.arange(0, COLUMNS)
    real = (rows < WIDTH)[:, None]
    there = columns < VOCABULARY
    safe = tl.where(there, columns, 0).to(tl.int64)
    if OVERLAPPED:
        gdc_launch_dependents()
        if EARLY > 0:
            fetch(head, tile_number * COLUMNS, INPUTS * BYTES, COLUMNS, EARLY)
        gdc_wait()
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    parts = sums_of_squares(squares, WIDTH, ROWS, SOURCES, SOURCES_PADDED)
    for start in range(0, INPUTS, DEPTH):
        inputs = start + tl.arange(0, DEPTH)
        state_at = states + rows[:, None] * INPUTS + inputs[None, :]
        tile_at = head + safe[None, :] * INPUTS + inputs[:, None]
        if INPUTS % DEPTH == 0:
            state = tl.load(state_at, real, other=0.0)
            tile = tl.load(tile_at)
        else:
            inside = inputs < INPUTS
            state = tl.load(state_at, real & inside[None, :], other=0.0)
            tile = tl.load(tile_at, inside[:, None], other=0.0)
        sums = tl.dot(state, tile, sums, input_precision=PRECISION)
    sums *= tl.rsqrt(tl.sum(parts, 0) / INPUTS + epsilon)[:, None]
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
    ints,
    VOCABULARY: tl.constexpr,
    WIDTH: tl.constexpr,
    TILES: tl.constexpr,
    BLOCK: tl.constexpr,
    OVERLAPPED: tl.constexpr,
):
    """Write each row's logsumexp behind the tiles' summaries."""
    row = tl.program_id(0)
    logits = tl.multiple_of(tl.load(ints), 16).to(tl.pointer_type(tl.float32))
    if OVERLAPPED:
        gdc_wait()
    tile = tl.arange(0, BLOCK)
    summary = logits + WIDTH * VOCABULARY + row * TILES + tile
    largest = tl.load(summary, tile < TILES, other=float("-inf"))
    total = tl.load(summary + WIDTH * TILES, tile < TILES, other=0.0)
    peak = tl.max(largest, 0)
    whole = tl.sum(total * tl.exp(largest - peak), 0)
    tl.store(logits + WIDTH * VOCABULARY + 2 * WIDTH * TILES + row, peak + tl.log(whole))

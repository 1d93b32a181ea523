"""Products of few rows with a weight matrix, with what stands before and after them."""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

LANES = tl.constexpr(128)
CHUNK = tl.constexpr(512)
"""Bytes that one lane brings to the L2 cache; the instruction below names them again."""


@triton.jit
def fetch(weight, first_row, STRIDE: tl.constexpr, ROWS: tl.constexpr, ROUNDS: tl.constexpr):
    """Bring the front of ROWS rows of STRIDE bytes into the L2 cache, 64 KiB a round.

    Nothing waits for it. It is safe before the kernels ahead have finished: weights never change.
    """
    lane = tl.arange(0, LANES)
    for turn in tl.static_range(ROUNDS):
        number = turn * LANES + lane
        place = (first_row + number % ROWS).to(tl.int64) * STRIDE + (number // ROWS) * CHUNK
        tl.inline_asm_elementwise(
            "cp.async.bulk.prefetch.L2.global [$1], 512; mov.u32 $0, 0;",
            "=r,l",
            [weight.to(tl.int64) + place],
            dtype=tl.int32,
            is_pure=False,
            pack=1,
        )


@triton.jit
def sums_of_squares(
    squares, WIDTH: tl.constexpr, ROWS: tl.constexpr,
    SOURCES: tl.constexpr, SOURCES_PADDED: tl.constexpr,
):  # fmt: skip
    """Load [SOURCES_PADDED, ROWS] sums of squares; whoever adds them up later waits less."""
    rows = tl.arange(0, ROWS)
    source = tl.arange(0, SOURCES_PADDED)
    known = (source < SOURCES)[:, None] & (rows < WIDTH)[None, :]
    return tl.load(squares + source[:, None] * WIDTH + rows[None, :], known, other=0.0)


@triton.jit
def multiplied(
    states, weight, rows, real, safe, first,
    OUTPUTS: tl.constexpr, INPUTS: tl.constexpr, LENGTH: tl.constexpr, DEPTH: tl.constexpr,
    ROWS: tl.constexpr, COLUMNS: tl.constexpr, GATED: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Multiply LENGTH inputs from `first` on by the matrix, and if GATED by the one below it.

    Both products are [ROWS, COLUMNS]; the second is 0 where there is none.
    """
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    ups = tl.zeros((ROWS, COLUMNS), tl.float32)
    for start in range(0, LENGTH, DEPTH):
        step = start + tl.arange(0, DEPTH)
        inputs = first + step
        tile_at = weight + safe[None, :] * INPUTS + inputs[:, None]
        state_at = states + rows[:, None] * INPUTS + inputs[None, :]
        if LENGTH % DEPTH == 0:
            state = tl.load(state_at, real, other=0.0)
            tile = tl.load(tile_at)
        else:
            state = tl.load(state_at, real & (step < LENGTH)[None, :], other=0.0)
            tile = tl.load(tile_at, (step < LENGTH)[:, None], other=0.0)
        sums = tl.dot(state, tile, sums, input_precision=PRECISION)
        if GATED:
            below = weight + (safe[None, :] + OUTPUTS) * INPUTS + inputs[:, None]
            if LENGTH % DEPTH == 0:
                second = tl.load(below)
            else:
                second = tl.load(below, (step < LENGTH)[:, None], other=0.0)
            ups = tl.dot(state, second, ups, input_precision=PRECISION)
    return sums, ups


@triton.jit
def gathered(
    sums, partial, ticket, target, inside, split, SIZE: tl.constexpr, SPLITS: tl.constexpr
):
    """Leave a part's sums in memory; whoever comes last adds all of them up, in their order.

    Returns sums, which are whole where the second value is true.
    """
    places = target.to(tl.int64)
    tl.store(partial + split * SIZE + places, sums, inside)
    tl.debug_barrier()
    last = tl.atomic_add(ticket, 1, sem="acq_rel") == SPLITS - 1
    if last:
        sums = tl.zeros_like(sums)
        for part in tl.static_range(SPLITS):
            sums += tl.load(partial + part * SIZE + places, inside, other=0.0, cache_modifier=".cg")
        tl.store(ticket, 0)
    return sums, last


@triton.jit
def product(
    states,
    squares,
    weight,
    bias,
    residual,
    norm,
    out,
    scaled,
    squares_out,
    partial,
    tickets,
    epsilon,
    OUTPUTS: tl.constexpr,
    INPUTS: tl.constexpr,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    SPLITS: tl.constexpr,
    SOURCES: tl.constexpr,
    SOURCES_PADDED: tl.constexpr,
    GATED: tl.constexpr,
    BIASED: tl.constexpr,
    ADDED: tl.constexpr,
    EARLY: tl.constexpr,
    BYTES: tl.constexpr,
    OVERLAPPED: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Write out [WIDTH, OUTPUTS] = states [WIDTH, INPUTS] times weight [OUTPUTS, INPUTS].

    RMSNorm costs nothing here. Who writes the residual stream (ADDED: out = residual + product)
    also writes it times the next norm's weight, `scaled`, and each tile's sums of squares,
    `squares_out` [tile, WIDTH]. Who reads it (SOURCES tiles) multiplies `scaled` and puts the
    norm's factor behind the product, which it commutes with.

    GATED takes two matrices below each other and returns silu(first) * second. The inputs are cut
    into SPLITS parts; who comes last adds them up, always in the same order. OVERLAPPED programs
    start while the kernel before them still runs, and fetch the front of their weights meanwhile.
    """
    column_block = tl.program_id(0)
    split = tl.program_id(1)
    rows = tl.arange(0, ROWS)
    columns = column_block * COLUMNS + tl.arange(0, COLUMNS)
    real = (rows < WIDTH)[:, None]
    there = columns < OUTPUTS
    safe = tl.where(there, columns, 0).to(tl.int64)
    length: tl.constexpr = INPUTS // SPLITS
    first = split * length
    if OVERLAPPED:
        gdc_launch_dependents()
        if EARLY > 0:
            fetch(weight + first, column_block * COLUMNS, INPUTS * BYTES, COLUMNS, EARLY)
            if GATED:
                fetch(weight, OUTPUTS + column_block * COLUMNS, INPUTS * BYTES, COLUMNS, EARLY)
        gdc_wait()
    target = rows[:, None] * OUTPUTS + columns[None, :]
    if SOURCES > 0:
        parts = sums_of_squares(squares, WIDTH, ROWS, SOURCES, SOURCES_PADDED)
    if ADDED:
        base = tl.load(residual + target, real & there[None, :], other=0.0).to(tl.float32)
        gain = tl.load(norm + columns, there, other=0.0).to(tl.float32)[None, :]
    sums, ups = multiplied(
        states, weight, rows, real, safe, first, OUTPUTS, INPUTS, length, DEPTH, ROWS, COLUMNS,
        GATED, PRECISION,
    )  # fmt: skip
    last = True
    if SPLITS > 1:
        inside = real & there[None, :]
        ticket = tickets + column_block
        sums, last = gathered(sums, partial, ticket, target, inside, split, WIDTH * OUTPUTS, SPLITS)
    if last:
        if SOURCES > 0:
            factor = tl.rsqrt(tl.sum(parts, 0) / INPUTS + epsilon)[:, None]
            sums *= factor
            ups *= factor
        if BIASED:
            sums += tl.load(bias + columns, there, other=0.0).to(tl.float32)[None, :]
        if GATED:
            sums = sums / (1.0 + tl.exp(-sums)) * ups
        if ADDED:
            sums = tl.where(there[None, :], sums + base, 0.0)
        rounded = sums.to(out.dtype.element_ty)
        tl.store(out + target, rounded, real & there[None, :])
        if ADDED:
            kept = rounded.to(tl.float32)
            tl.store(scaled + target, (kept * gain).to(out.dtype.element_ty), real & there[None, :])
            own = tl.sum(kept * kept, 1)
            tl.store(squares_out + column_block * WIDTH + rows, own, rows < WIDTH)

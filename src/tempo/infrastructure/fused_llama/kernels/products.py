"""Products of few rows with a weight matrix, with what stands before and after them."""

import triton
import triton.language as tl

CHUNK = tl.constexpr(512)
"""Bytes that one prefetch brings to the cache; the instruction below names them again."""


@triton.jit
def prefetch(weight, first, ROWS: tl.constexpr, STRIDE: tl.constexpr, LANES: tl.constexpr):
    """Bring the front of a matrix's rows into the L2 cache: `LANES` chunks from number `first` on.

    Chunks are numbered across rows first, so that whoever multiplies next finds the beginning of
    every row. STRIDE is a row's length in bytes.
    """
    number = first + tl.arange(0, LANES)
    row, chunk = number % ROWS, number // ROWS
    inside = (chunk + 1) * CHUNK <= STRIDE
    place = tl.where(inside, row.to(tl.int64) * STRIDE + chunk * CHUNK, 0)
    tl.inline_asm_elementwise(
        "cp.async.bulk.prefetch.L2.global [$1], 512; mov.u32 $0, 0;",
        "=r,l",
        [weight.to(tl.int64) + place],
        dtype=tl.int32,
        is_pure=False,
        pack=1,
    )


@triton.jit
def product(
    states,
    norm,
    weight,
    bias,
    residual,
    out,
    partial,
    tickets,
    upcoming,
    epsilon,
    OUTPUTS: tl.constexpr,
    INPUTS: tl.constexpr,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    DEPTH: tl.constexpr,
    SPLITS: tl.constexpr,
    NORMED: tl.constexpr,
    GATED: tl.constexpr,
    BIASED: tl.constexpr,
    ADDED: tl.constexpr,
    NEXT_ROWS: tl.constexpr,
    NEXT_STRIDE: tl.constexpr,
    PREFETCHES: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """out [WIDTH, OUTPUTS] = (norm of) states [WIDTH, INPUTS] times weight [OUTPUTS, INPUTS].

    RMSNorm costs nothing here: its scale leaves the sum, and its squares are added up on the way.
    GATED takes two matrices below each other and returns silu(first) * second. The inputs are cut
    into SPLITS parts; who comes last adds them up, always in the same order.
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
    sums = tl.zeros((ROWS, COLUMNS), tl.float32)
    ups = tl.zeros((ROWS, COLUMNS), tl.float32)
    squares = tl.zeros((ROWS,), tl.float32)
    for start in range(0, length, DEPTH):
        inputs = first + start + tl.arange(0, DEPTH)
        if length % DEPTH == 0:
            state = tl.load(states + rows[:, None] * INPUTS + inputs[None, :], real, other=0.0)
            tile = tl.load(weight + safe[None, :] * INPUTS + inputs[:, None])
        else:
            inside = start + tl.arange(0, DEPTH) < length
            state = tl.load(
                states + rows[:, None] * INPUTS + inputs[None, :],
                real & inside[None, :],
                other=0.0,
            )
            tile = tl.load(
                weight + safe[None, :] * INPUTS + inputs[:, None], inside[:, None], other=0.0
            )
        if NORMED:
            wide = state.to(tl.float32)
            squares += tl.sum(wide * wide, 1)
            if length % DEPTH == 0:
                scale = tl.load(norm + inputs)
            else:
                scale = tl.load(norm + inputs, start + tl.arange(0, DEPTH) < length, other=0.0)
            state = (wide * scale.to(tl.float32)[None, :]).to(tile.dtype)
        sums = tl.dot(state, tile, sums, input_precision=PRECISION)
        if GATED:
            below = weight + (safe[None, :] + OUTPUTS) * INPUTS
            if length % DEPTH == 0:
                second = tl.load(below + inputs[:, None])
            else:
                second = tl.load(
                    below + inputs[:, None],
                    (start + tl.arange(0, DEPTH) < length)[:, None],
                    other=0.0,
                )
            ups = tl.dot(state, second, ups, input_precision=PRECISION)
    if PREFETCHES > 0:
        program = split * tl.num_programs(0) + column_block
        for turn in tl.static_range(PREFETCHES):
            prefetch(
                upcoming, (program * PREFETCHES + turn) * 128, NEXT_ROWS, NEXT_STRIDE, 128
            )
    last = True
    if SPLITS > 1:
        places = (rows[:, None] * OUTPUTS + columns[None, :]).to(tl.int64)
        tl.store(partial + split * WIDTH * OUTPUTS + places, sums, real & there[None, :])
        tl.debug_barrier()
        last = tl.atomic_add(tickets + column_block, 1, sem="acq_rel") == SPLITS - 1
        if last:
            sums = tl.zeros((ROWS, COLUMNS), tl.float32)
            for part in tl.static_range(SPLITS):
                sums += tl.load(
                    partial + part * WIDTH * OUTPUTS + places,
                    real & there[None, :],
                    other=0.0,
                    cache_modifier=".cg",
                )
            tl.store(tickets + column_block, 0)
    if last:
        if NORMED:
            factor = tl.rsqrt(squares / INPUTS + epsilon)[:, None]
            sums *= factor
            ups *= factor
        if BIASED:
            sums += tl.load(bias + columns, there, other=0.0).to(tl.float32)[None, :]
        if GATED:
            sums = sums / (1.0 + tl.exp(-sums)) * ups
        target = rows[:, None] * OUTPUTS + columns[None, :]
        if ADDED:
            sums += tl.load(residual + target, real & there[None, :], other=0.0).to(tl.float32)
        tl.store(out + target, sums.to(out.dtype.element_ty), real & there[None, :])

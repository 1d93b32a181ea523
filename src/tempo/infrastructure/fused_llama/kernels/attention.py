"""Attention of few queries to many rows of a cache, split over the rows."""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from tempo.infrastructure.fused_llama.kernels.scoring import HEADER


@triton.jit
def turned(
    source, norm, cosines, sines, row, size, real, epsilon, SIZE: tl.constexpr, NORMED: tl.constexpr
):
    """Load heads [rows, SIZE] from `source` [rows], norm them and turn them to their positions."""
    half: tl.constexpr = SIZE // 2
    other = (size + half) % SIZE
    own = tl.load(source[:, None] + size[None, :], real[:, None], other=0.0).to(tl.float32)
    across = tl.load(source[:, None] + other[None, :], real[:, None], other=0.0).to(tl.float32)
    if NORMED:
        factor = tl.rsqrt(tl.sum(own * own, 1) / SIZE + epsilon)[:, None]
        own *= factor * tl.load(norm + size).to(tl.float32)[None, :]
        across *= factor * tl.load(norm + other).to(tl.float32)[None, :]
    place = row[:, None] * half + (size % half)[None, :]
    cosine = tl.load(cosines + place, real[:, None], other=0.0)
    sine = tl.load(sines + place, real[:, None], other=0.0)
    rotated = own * cosine + tl.where(size[None, :] < half, -across, across) * sine
    return rotated.to(source.dtype.scalar.element_ty)


@triton.jit
def places(ints, merged, number, SIZE: tl.constexpr):
    """Return where the keys and values of one head of one layer begin."""
    element = merged.dtype.element_ty
    shift = tl.multiple_of(number * tl.load(ints + 3) * SIZE, 16)
    keys = tl.multiple_of(tl.load(ints), 16).to(tl.pointer_type(element)) + shift
    values = tl.multiple_of(tl.load(ints + 1), 16).to(tl.pointer_type(element)) + shift
    return keys, values


@triton.jit
def cached(
    keys, values, weights, start, stop, prompt, spread, row, size, real,
    SIZE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Load keys and values [BLOCK, SIZE] of cache rows, and what each query sees of them.

    They were written by passes before, so nothing has to be waited for.
    """
    column = start + tl.arange(0, BLOCK)
    there = column < stop
    place = column[:, None] * SIZE + size[None, :]
    key = tl.load(keys + place, there[:, None], other=0.0)
    value = tl.load(values + place, there[:, None], other=0.0)
    after = there & (column >= prompt)
    weight = tl.load(
        weights + row[:, None] * spread + (column - prompt)[None, :],
        real[:, None] & after[None, :],
        other=0.0,
    )
    return key, value, tl.where(((column < prompt) & there)[None, :], 1.0, weight)


@triton.jit
def written(
    ints, floats, merged, keys, values, norm, cosines, sines, head, block, row, size, real, epsilon,
    WIDTH: tl.constexpr, GROUP: tl.constexpr, KV_HEADS: tl.constexpr, SIZE: tl.constexpr,
    FRESH: tl.constexpr, NORMED: tl.constexpr,
):  # fmt: skip
    """Write the pass's own keys and values to the cache; return them and what each query sees.

    The programs of the first block of queries write; the others compute the same.
    """
    stride: tl.constexpr = (GROUP + 2) * KV_HEADS * SIZE
    fresh = tl.arange(0, FRESH)
    live = fresh < WIDTH
    origin = merged + fresh * stride + (GROUP * KV_HEADS + head) * SIZE
    key = turned(origin, norm, cosines, sines, fresh, size, live, epsilon, SIZE, NORMED)
    origin += KV_HEADS * SIZE
    value = tl.load(origin[:, None] + size[None, :], live[:, None], other=0.0)
    home_row = tl.load(ints + HEADER + 2 * WIDTH + fresh, live, other=-1)
    home = home_row[:, None] * SIZE + size[None, :]
    tl.store(keys + home, key, ((home_row >= 0) & (block == 0))[:, None])
    tl.store(values + home, value, ((home_row >= 0) & (block == 0))[:, None])
    weight = tl.load(
        floats + row[:, None] * WIDTH + fresh[None, :],
        real[:, None] & live[None, :],
        other=0.0,
    )
    return key, value, weight


@triton.jit
def added(
    queries, key, value, weight, peak, mass, mixed, scores, line, column, inside, scale,
    SPAN: tl.constexpr, CAPTURED: tl.constexpr, PRECISION: tl.constexpr,
):  # fmt: skip
    """Attend to some keys more: return the highest score, the mass and the mixture so far.

    If CAPTURED, the scores go to `column` of each query's `line`.
    """
    score = tl.dot(queries, tl.trans(key), input_precision=PRECISION) * scale
    score = tl.where(weight > 0.0, score + tl.log(weight), float("-inf"))
    if CAPTURED:
        place = line[:, None].to(tl.int64) * SPAN + column[None, :]
        tl.store(scores + place, score, inside)
    higher = tl.maximum(peak, tl.max(score, 1))
    level = tl.where(higher == float("-inf"), 0.0, higher)
    fade = tl.exp(peak - level)
    share = tl.exp(score - level[:, None])
    mass = mass * fade + tl.sum(share, 1)
    mixed *= fade[:, None]
    mixed = tl.dot(share.to(value.dtype), value, mixed, input_precision=PRECISION)
    return higher, mass, mixed


@triton.jit
def left(
    peaks, masses, partial, number, peak, mass, mixed, size,
    QUERIES: tl.constexpr, SIZE: tl.constexpr,
):  # fmt: skip
    """Leave a part in memory for whoever puts all of them together."""
    part = number * QUERIES + tl.arange(0, QUERIES)
    tl.store(peaks + part, peak)
    tl.store(masses + part, mass)
    tl.store(partial + part[:, None] * SIZE + size[None, :], mixed)
    tl.debug_barrier()


@triton.jit
def together(
    peaks, masses, partial, base,
    QUERIES: tl.constexpr, SIZE: tl.constexpr, SPLITS: tl.constexpr,
):  # fmt: skip
    """Put all parts of a block of queries together: its highest score, mass and mixture."""
    parts: tl.constexpr = SPLITS + 1
    lane = tl.arange(0, QUERIES)
    size = tl.arange(0, SIZE)
    number = tl.arange(0, 2 * SPLITS)
    every = (base + number)[:, None] * QUERIES + lane[None, :]
    known = (number < parts)[:, None]
    heights = tl.load(peaks + every, known, other=float("-inf"), cache_modifier=".cg")
    shares = tl.load(masses + every, known, other=0.0, cache_modifier=".cg")
    peak = tl.max(heights, 0)
    level = tl.where(peak == float("-inf"), 0.0, peak)
    mass = tl.sum(shares * tl.exp(heights - level[None, :]), 0)
    mixed = tl.zeros((QUERIES, SIZE), tl.float32)
    for one in tl.static_range(parts):
        piece = (base + one) * QUERIES + lane
        gain = tl.exp(tl.load(peaks + piece, cache_modifier=".cg") - level)
        other = tl.load(partial + piece[:, None] * SIZE + size[None, :], cache_modifier=".cg")
        mixed += gain[:, None] * other
    return peak, mass, mixed


@triton.jit
def attention(
    ints,
    floats,
    merged,
    query_norm,
    key_norm,
    cosines,
    sines,
    partial,
    peaks,
    masses,
    tickets,
    out,
    scores,
    totals,
    layer,
    scale,
    epsilon,
    WIDTH: tl.constexpr,
    GROUP: tl.constexpr,
    KV_HEADS: tl.constexpr,
    SIZE: tl.constexpr,
    QUERIES: tl.constexpr,
    FRESH: tl.constexpr,
    SPLITS: tl.constexpr,
    PART: tl.constexpr,
    BLOCK: tl.constexpr,
    NORMED: tl.constexpr,
    CAPTURED: tl.constexpr,
    SPAN: tl.constexpr,
    OVERLAPPED: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Attend from merged [WIDTH, (heads + 2 KV_HEADS) SIZE] to the cache; out [WIDTH, heads SIZE].

    A program has one key head, PART rows of the cache and QUERIES of the group's rows; of those
    with the same queries, who comes last puts the parts together. One part more turns the pass's
    own keys, writes them and their values to the cache, and attends to them; the other parts leave
    these rows out, since their weights are 0 there. Scores are float32, and the
    logarithms of the weights are added to them.
    """
    head = tl.program_id(0)
    split = tl.program_id(1)
    block = tl.program_id(2)
    if OVERLAPPED:
        gdc_launch_dependents()
    extent = tl.load(ints + 4).to(tl.int32)
    prompt = tl.load(ints + 5).to(tl.int32)
    spread = tl.load(ints + 6).to(tl.int32)
    keys, values = places(ints, merged, layer * KV_HEADS + head, SIZE)
    size = tl.arange(0, SIZE)
    query = block * QUERIES + tl.arange(0, QUERIES)
    row, member = query % WIDTH, query // WIDTH
    real = member < GROUP
    line = ((layer * KV_HEADS + head) * GROUP + member) * WIDTH + row
    weights = floats + WIDTH * WIDTH
    begin = split * PART
    stop = tl.minimum(begin + PART, extent)
    if PART == BLOCK:
        key, value, weight = cached(
            keys, values, weights, begin, stop, prompt, spread, row, size, real, SIZE, BLOCK
        )
    if OVERLAPPED:
        gdc_wait()
    source = merged + row * ((GROUP + 2) * KV_HEADS * SIZE) + (head * GROUP + member) * SIZE
    queries = turned(source, query_norm, cosines, sines, row, size, real, epsilon, SIZE, NORMED)
    peak = tl.full((QUERIES,), float("-inf"), tl.float32)
    mass = tl.zeros((QUERIES,), tl.float32)
    mixed = tl.zeros((QUERIES, SIZE), tl.float32)
    for start in range(begin, stop, BLOCK):
        if PART > BLOCK:
            key, value, weight = cached(
                keys, values, weights, start, stop, prompt, spread, row, size, real, SIZE, BLOCK
            )
        column = start + tl.arange(0, BLOCK)
        peak, mass, mixed = added(
            queries, key, value, weight, peak, mass, mixed, scores, line, column,
            real[:, None] & (column < stop)[None, :], scale, SPAN, CAPTURED, PRECISION,
        )  # fmt: skip
    if split == SPLITS:
        own_key, own_value, own_weight = written(
            ints, floats, merged, keys, values, key_norm, cosines, sines, head, block, row, size,
            real, epsilon, WIDTH, GROUP, KV_HEADS, SIZE, FRESH, NORMED,
        )  # fmt: skip
        peak, mass, mixed = added(
            queries, own_key, own_value, own_weight, peak, mass, mixed, scores, line, SPAN - WIDTH
            + tl.arange(0, FRESH), real[:, None] & (tl.arange(0, FRESH) < WIDTH)[None, :], scale,
            SPAN, CAPTURED, PRECISION,
        )  # fmt: skip
    number = block * KV_HEADS + head
    base = number * (SPLITS + 1)
    left(peaks, masses, partial, base + split, peak, mass, mixed, size, QUERIES, SIZE)
    whole = tl.atomic_add(tickets + number, 1, sem="acq_rel") == SPLITS
    if whole:
        tl.store(tickets + number, 0)
        peak, mass, mixed = together(peaks, masses, partial, base, QUERIES, SIZE, SPLITS)
    if whole:
        target = row[:, None] * (GROUP * KV_HEADS * SIZE) + (head * GROUP + member)[:, None] * SIZE
        tl.store(out + target + size[None, :], mixed / mass[:, None], real[:, None])
        if CAPTURED:
            tl.store(totals + line, peak + tl.log(mass), real)


@triton.jit
def received(
    ints,
    scores,
    totals,
    shares,
    WIDTH: tl.constexpr,
    HEADS: tl.constexpr,
    PADDED: tl.constexpr,
    SPAN: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Write shares [layer, WIDTH, SPAN]: what each row gave each cache row, mean over the heads.

    The last WIDTH columns are the pass's own rows. What lies between them and the extent is 0.
    """
    column = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    row = tl.program_id(1)
    layer = tl.program_id(2)
    extent = tl.load(ints + 4).to(tl.int32)
    head = tl.arange(0, PADDED)
    line = (layer * HEADS + head) * WIDTH + row
    there = (column < extent) | (column >= SPAN - WIDTH)
    there = there & (column < SPAN)
    inside = (head < HEADS)[:, None] & there[None, :]
    score = tl.load(
        scores + line[:, None].to(tl.int64) * SPAN + column[None, :], inside, other=float("-inf")
    )
    total = tl.load(totals + line, head < HEADS, other=0.0)
    mean = tl.sum(tl.exp(score - total[:, None]), 0) / HEADS
    tl.store(shares + (layer * WIDTH + row) * SPAN + column, mean, column < SPAN)

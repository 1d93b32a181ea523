"""Attention of few queries to many rows of a cache, split over the rows."""

import triton
import triton.language as tl
from triton.language.extra.cuda import gdc_launch_dependents, gdc_wait

from tempo.infrastructure.fused_llama.kernels.layout import HEADER, SESSION


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
def places(told, merged, number, SIZE: tl.constexpr):
    """Return where the keys and values of one head of one layer of a session begin."""
    element = merged.dtype.element_ty
    shift = tl.multiple_of(number * tl.load(told + 2) * SIZE, 16)
    keys = tl.multiple_of(tl.load(told), 16).to(tl.pointer_type(element)) + shift
    values = tl.multiple_of(tl.load(told + 1), 16).to(tl.pointer_type(element)) + shift
    return keys, values


@triton.jit
def sizes(told):
    """Return a session's extent, prompt and spread in cache rows, its first row, and its rows."""
    extent = tl.load(told + 3).to(tl.int32)
    prompt = tl.load(told + 4).to(tl.int32)
    spread = tl.load(told + 5).to(tl.int32)
    first = tl.load(told + 6).to(tl.int32)
    return extent, prompt, spread, first, tl.load(told + 7).to(tl.int32)


@triton.jit
def cached(
    keys, values, weights, start, stop, prompt, spread, line, size, real,
    SIZE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Load keys and values [BLOCK, SIZE] of cache rows, and what each query sees of them.

    `line` is each query's row among its session's. They were written by passes before, so nothing
    has to be waited for.
    """
    column = start + tl.arange(0, BLOCK)
    there = column < stop
    place = column[:, None] * SIZE + size[None, :]
    key = tl.load(keys + place, there[:, None], other=0.0)
    value = tl.load(values + place, there[:, None], other=0.0)
    after = there & (column >= prompt)
    weight = tl.load(
        weights + line[:, None] * spread + (column - prompt)[None, :],
        real[:, None] & after[None, :],
        other=0.0,
    )
    return key, value, tl.where(((column < prompt) & there)[None, :], 1.0, weight)


@triton.jit
def written(
    homes, weights, merged, keys, values, norm, cosines, sines, head, first, live, writes, line,
    size, real, epsilon,
    WIDE: tl.constexpr, GROUP: tl.constexpr, KV_HEADS: tl.constexpr, SIZE: tl.constexpr,
    FRESH: tl.constexpr, NORMED: tl.constexpr,
):  # fmt: skip
    """Return a session's own keys and values of this pass and what each query sees of them.

    One block of queries writes them to the cache; the others compute the same.
    """
    stride: tl.constexpr = (GROUP + 2) * KV_HEADS * SIZE
    fresh = tl.arange(0, FRESH)
    there = fresh < live
    origin = merged + (first + fresh) * stride + (GROUP * KV_HEADS + head) * SIZE
    key = turned(origin, norm, cosines, sines, first + fresh, size, there, epsilon, SIZE, NORMED)
    origin += KV_HEADS * SIZE
    value = tl.load(origin[:, None] + size[None, :], there[:, None], other=0.0)
    home_row = tl.load(homes + first + fresh, there, other=-1)
    home = home_row[:, None] * SIZE + size[None, :]
    tl.store(keys + home, key, ((home_row >= 0) & writes)[:, None])
    tl.store(values + home, value, ((home_row >= 0) & writes)[:, None])
    seen = real[:, None] & there[None, :]
    weight = tl.load(weights + line[:, None] * WIDE + fresh[None, :], seen, other=0.0)
    return key, value, weight


@triton.jit
def added(queries, key, value, weight, peak, mass, mixed, scale, PRECISION: tl.constexpr):
    """Attend to some keys more: return the highest score, the mass and the mixture so far."""
    score = tl.dot(queries, tl.trans(key), input_precision=PRECISION) * scale
    score = tl.where(weight > 0.0, score + tl.log(weight), float("-inf"))
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


# None of these numbers is worth a kernel of its own.
@triton.jit(do_not_specialize=["layer", "sessions", "width", "blocks", "part"])
def attention(
    ints, floats, merged, query_norm, key_norm, cosines, sines, partial, peaks, masses, tickets,
    out, layer, sessions, width, blocks, part, scale, epsilon,
    WIDE: tl.constexpr, GROUP: tl.constexpr, KV_HEADS: tl.constexpr, SIZE: tl.constexpr,
    QUERIES: tl.constexpr, FRESH: tl.constexpr, SPLITS: tl.constexpr, SHORT: tl.constexpr,
    BLOCK: tl.constexpr, NORMED: tl.constexpr, CAPTURED: tl.constexpr, OVERLAPPED: tl.constexpr,
    PRECISION: tl.constexpr,
):  # fmt: skip
    """Attend from merged [width, (heads + 2 KV_HEADS) SIZE] to the caches; out [width, heads SIZE].

    A program has one key head, `part` rows of one session's cache (BLOCK of them if SHORT) and
    QUERIES of the rows that it feeds, times those of the head's group; of those with the same
    queries, who comes last puts the parts together. One part more turns the pass's own keys, writes
    them and their values to the cache, and attends to them; the other parts leave these rows out,
    since their weights are 0 there. Scores are float32, and the logarithms of the weights are added
    to them.

    CAPTURED keeps the turned queries [layer, head, width, SIZE] and the logarithms of the sums that
    softmax divides by [layer, head, width], from which any share can be computed later.
    """
    head = tl.program_id(0)
    split = tl.program_id(1)
    block = tl.program_id(2) % blocks
    if OVERLAPPED:
        gdc_launch_dependents()
    told = ints + HEADER + tl.program_id(2) // blocks * SESSION
    extent, prompt, spread, first, live = sizes(told)
    fresh_weights = floats + tl.load(told + 8)
    weights = fresh_weights + WIDE * WIDE
    keys, values = places(told, merged, layer * KV_HEADS + head, SIZE)
    size = tl.arange(0, SIZE)
    query = block * QUERIES + tl.arange(0, QUERIES)
    line, member = query % WIDE, query // WIDE
    row = first + line
    real = (member < GROUP) & (line < live)
    kept = ((layer * KV_HEADS + head) * GROUP + member) * width + row
    begin = split * part
    stop = tl.minimum(begin + part, extent)
    if SHORT:
        key, value, weight = cached(
            keys, values, weights, begin, stop, prompt, spread, line, size, real, SIZE, BLOCK
        )
    if OVERLAPPED:
        gdc_wait()
    source = merged + row * ((GROUP + 2) * KV_HEADS * SIZE) + (head * GROUP + member) * SIZE
    queries = turned(source, query_norm, cosines, sines, row, size, real, epsilon, SIZE, NORMED)
    peak = tl.full((QUERIES,), float("-inf"), tl.float32)
    mass = tl.zeros((QUERIES,), tl.float32)
    mixed = tl.zeros((QUERIES, SIZE), tl.float32)
    for start in range(begin, stop, BLOCK):
        if not SHORT:
            key, value, weight = cached(
                keys, values, weights, start, stop, prompt, spread, line, size, real, SIZE, BLOCK
            )
        peak, mass, mixed = added(queries, key, value, weight, peak, mass, mixed, scale, PRECISION)
    if split == SPLITS:
        homes = ints + HEADER + sessions * SESSION + 2 * width
        own_key, own_value, own_weight = written(
            homes, fresh_weights, merged, keys, values, key_norm, cosines, sines, head, first, live,
            block == 0, line, size, real, epsilon, WIDE, GROUP, KV_HEADS, SIZE, FRESH, NORMED,
        )  # fmt: skip
        peak, mass, mixed = added(
            queries, own_key, own_value, own_weight, peak, mass, mixed, scale, PRECISION
        )
        if CAPTURED:
            element = merged.dtype.element_ty
            asked = tl.multiple_of(tl.load(ints + 1), 16).to(tl.pointer_type(element))
            place = asked + kept[:, None].to(tl.int64) * SIZE + size[None, :]
            tl.store(place, queries, real[:, None])
    number = tl.program_id(2) * KV_HEADS + head
    base = number * (SPLITS + 1)
    left(peaks, masses, partial, base + split, peak, mass, mixed, size, QUERIES, SIZE)
    if tl.atomic_add(tickets + number, 1, sem="acq_rel") == SPLITS:
        tl.store(tickets + number, 0)
        peak, mass, mixed = together(peaks, masses, partial, base, QUERIES, SIZE, SPLITS)
        target = row[:, None] * (GROUP * KV_HEADS * SIZE) + (head * GROUP + member)[:, None] * SIZE
        tl.store(out + target + size[None, :], mixed / mass[:, None], real[:, None])
        if CAPTURED:
            totals = tl.multiple_of(tl.load(ints + 2), 16).to(tl.pointer_type(tl.float32))
            tl.store(totals + kept, peak + tl.log(mass), real)

"""The best tokens of a readout, and the table of what each row says of them."""

import triton
import triton.language as tl

HEAD = tl.constexpr(4)
"""Scalars that lead the answer: finite, entropy, count and mass at the threshold."""


@triton.jit(do_not_specialize=["width"])
def without_barred(
    addresses,
    barred,
    totals,
    width,
    VOCABULARY: tl.constexpr,
    WIDE: tl.constexpr,
    TILES: tl.constexpr,
    TILES_PADDED: tl.constexpr,
    COLUMNS: tl.constexpr,
    BARRED: tl.constexpr,
):
    """Write totals [session, WIDE]: each row's logsumexp over what is not barred.

    The head has left each tile's maximum and sum of exponentials: only the tiles that hold a barred
    token are summed up anew, so that nothing is lost by subtraction.
    """
    line = tl.program_id(0)
    session = tl.program_id(1)
    base = tl.multiple_of(tl.load(addresses), 16).to(tl.pointer_type(tl.float32))
    first = tl.load(addresses + 1 + 2 * session)
    live = tl.load(addresses + 2 + 2 * session).to(tl.int32)
    row = first + tl.minimum(line, tl.maximum(live - 1, 0))
    tile = tl.arange(0, TILES_PADDED)
    summary = base + width * VOCABULARY + row * TILES + tile
    largest = tl.load(summary, tile < TILES, other=float("-inf"))
    total = tl.load(summary + width * TILES, tile < TILES, other=0.0)
    column = tl.arange(0, COLUMNS)
    for number in tl.static_range(BARRED):
        own = tl.load(barred + session * BARRED + number)
        where = own // COLUMNS
        token = where * COLUMNS + column
        open_ = (own >= 0) & (token < VOCABULARY)
        for other in tl.static_range(BARRED):
            open_ = open_ & (token != tl.load(barred + session * BARRED + other))
        score = tl.load(base + row * VOCABULARY + token, open_, other=float("-inf"))
        peak = tl.max(score, 0)
        level = tl.where(peak == float("-inf"), 0.0, peak)
        mass = tl.sum(tl.where(open_, tl.exp(score - level), 0.0), 0)
        here = (tile == where) & (own >= 0)
        largest = tl.where(here, peak, largest)
        total = tl.where(here, mass, total)
    highest = tl.max(largest, 0)
    level = tl.where(highest == float("-inf"), 0.0, highest)
    whole = tl.sum(tl.where(largest > float("-inf"), total * tl.exp(largest - level), 0.0), 0)
    tl.store(totals + session * WIDE + line, level + tl.log(whole))


@triton.jit(do_not_specialize=["width"])
def extracted(
    addresses,
    wanted,
    barred,
    totals,
    keys,
    summaries,
    tickets,
    answer,
    width,
    VOCABULARY: tl.constexpr,
    WIDE: tl.constexpr,
    TILES: tl.constexpr,
    BLOCK: tl.constexpr,
    BLOCKS: tl.constexpr,
    BLOCKS_PADDED: tl.constexpr,
    BEST: tl.constexpr,
    BARRED: tl.constexpr,
):
    """Write each session's answer: HEAD scalars, BEST token ids, their readout, rows [WIDE, BEST].

    Last come shifts [WIDE]: how much less a row's scores were before tokens were barred.

    addresses: the logits of a pass of `width` rows, then for each session its first row and how
    many it has.
    wanted [session, 1 + WIDE]: the threshold in nats, then the logarithm of each row's weight.
    barred [session, BARRED]: tokens that no row gives anything, -1 for none; `totals` is what
    `without_barred` wrote then, and is not read without BARRED.
    Tokens rank by readout, equal ones by their id: both are put into one integer, so that one sort
    does it.
    """
    session = tl.program_id(1)
    block = tl.program_id(0)
    base = tl.multiple_of(tl.load(addresses), 16).to(tl.pointer_type(tl.float32))
    first = tl.load(addresses + 1 + 2 * session)
    live = tl.load(addresses + 2 + 2 * session).to(tl.int32)
    logits = base + first * VOCABULARY
    plain = base + width * VOCABULARY + 2 * width * TILES + first
    if BARRED > 0:
        totals += session * WIDE
    else:
        totals = plain
    wanted += session * (1 + WIDE)
    keys += session * BLOCKS * BEST
    summaries += session * 3 * BLOCKS
    tickets += session
    answer += session * (HEAD + (2 + WIDE) * BEST + WIDE)
    token = block * BLOCK + tl.arange(0, BLOCK)
    there = token < VOCABULARY
    for number in tl.static_range(BARRED):
        there = there & (token != tl.load(barred + session * BARRED + number))
    peak = tl.full((BLOCK,), float("-inf"), tl.float32)
    for row in range(live):
        score = tl.load(logits + row * VOCABULARY + token, there, other=float("-inf"))
        peak = tl.maximum(peak, (score - tl.load(totals + row)) + tl.load(wanted + 1 + row))
    level = tl.where(peak == float("-inf"), 0.0, peak)
    total = tl.zeros((BLOCK,), tl.float32)
    for row in range(live):
        score = tl.load(logits + row * VOCABULARY + token, there, other=float("-inf"))
        joint = (score - tl.load(totals + row)) + tl.load(wanted + 1 + row)
        total += tl.exp(joint - level)
    readout = tl.where(total > 0.0, level + tl.log(total), float("-inf"))
    chance = tl.exp(readout)
    passing = (readout >= tl.load(wanted)) & (chance > 0.0)
    entropy = -tl.sum(tl.where(chance > 0.0, chance * readout, 0.0), 0)
    tl.store(summaries + block, entropy)
    tl.store(summaries + BLOCKS + block, tl.sum(passing.to(tl.float32), 0))
    tl.store(summaries + 2 * BLOCKS + block, tl.sum(tl.where(passing, chance, 0.0), 0))
    bits = readout.to(tl.int32, bitcast=True)
    order = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    key = (order.to(tl.int64) << 32) | (0x7FFFFFFF - token).to(tl.int64)
    key = tl.where(there, key, -9223372036854775807)
    best = tl.topk(key, BEST)
    tl.store(keys + block * BEST + tl.arange(0, BEST), best)
    tl.debug_barrier()
    if tl.atomic_add(tickets, 1, sem="acq_rel") == BLOCKS - 1:
        tl.store(tickets, 0)
        answered(
            logits, totals, plain, keys, summaries, answer, live,
            VOCABULARY, WIDE, BLOCKS, BLOCKS_PADDED, BEST,
        )  # fmt: skip


@triton.jit
def answered(
    logits, totals, plain, keys, summaries, answer, live,
    VOCABULARY: tl.constexpr, WIDE: tl.constexpr,
    BLOCKS: tl.constexpr, BLOCKS_PADDED: tl.constexpr, BEST: tl.constexpr,
):  # fmt: skip
    """Write a session's answer, given what its blocks found."""
    number = tl.arange(0, BLOCKS_PADDED * BEST)
    found = tl.load(
        keys + number,
        number < BLOCKS * BEST,
        other=-9223372036854775807,
        cache_modifier=".cg",
    )
    winners = tl.topk(found, BEST)
    chosen = 0x7FFFFFFF - (winners & 0x7FFFFFFF).to(tl.int32)
    ranks = (winners >> 32).to(tl.int32)
    value = (ranks ^ ((ranks >> 31) & 0x7FFFFFFF)).to(tl.float32, bitcast=True)
    part = tl.arange(0, BLOCKS_PADDED)
    known = part < BLOCKS
    finite = tl.max(value, 0) > float("-inf")
    place = tl.arange(0, BEST)
    for row in range(live):
        own = tl.load(totals + row)
        before = tl.load(plain + row)
        finite = finite & (tl.abs(own) < float("inf")) & (tl.abs(before) < float("inf"))
        tl.store(answer + HEAD + (2 + WIDE) * BEST + row, before - own)
        score = tl.load(logits + row * VOCABULARY + chosen) - own
        tl.store(answer + HEAD + (2 + row) * BEST + place, score)
    tl.store(answer, finite.to(tl.float32))
    for scalar in tl.static_range(3):
        given = tl.load(summaries + scalar * BLOCKS + part, known, other=0.0, cache_modifier=".cg")
        tl.store(answer + 1 + scalar, tl.sum(given, 0))
    tl.store(answer + HEAD + place, chosen.to(tl.float32))
    tl.store(answer + HEAD + BEST + place, value)

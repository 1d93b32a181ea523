"""The best tokens of a readout, and the table of what each row says of them."""

import triton
import triton.language as tl

HEAD = tl.constexpr(4)
"""Scalars that lead the answer: finite, entropy, count and mass at the threshold."""


@triton.jit
def extracted(
    addresses,
    wanted,
    keys,
    summaries,
    tickets,
    answer,
    VOCABULARY: tl.constexpr,
    WIDTH: tl.constexpr,
    TILES: tl.constexpr,
    BLOCK: tl.constexpr,
    BLOCKS: tl.constexpr,
    BLOCKS_PADDED: tl.constexpr,
    BEST: tl.constexpr,
):
    """Write the answer: HEAD scalars, BEST token ids, their readout, rows [WIDTH, BEST] of them.

    addresses [2]: the logits of a pass and how many of its rows are real. wanted: the threshold in
    nats, then the logarithm of each row's weight. Tokens rank by readout, equal ones by their id:
    both are put into one integer, so that one sort does it.
    """
    block = tl.program_id(0)
    logits = tl.multiple_of(tl.load(addresses), 16).to(tl.pointer_type(tl.float32))
    live = tl.load(addresses + 1).to(tl.int32)
    totals = logits + WIDTH * VOCABULARY + 2 * WIDTH * TILES
    token = block * BLOCK + tl.arange(0, BLOCK)
    there = token < VOCABULARY
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
            finite = finite & (tl.abs(own) < float("inf"))
            score = tl.load(logits + row * VOCABULARY + chosen) - own
            tl.store(answer + HEAD + (2 + row) * BEST + place, score)
        tl.store(answer, finite.to(tl.float32))
        for scalar in tl.static_range(3):
            given = tl.load(
                summaries + scalar * BLOCKS + part, known, other=0.0, cache_modifier=".cg"
            )
            tl.store(answer + 1 + scalar, tl.sum(given, 0))
        tl.store(answer + HEAD + place, chosen.to(tl.float32))
        tl.store(answer + HEAD + BEST + place, value)

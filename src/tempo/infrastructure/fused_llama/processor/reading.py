"""Rows of logits to a proposal.

Which tokens are best is found among probabilities in float32; what is said of those is computed
once more, in float64, from their logits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numba
import numpy as np

from tempo.domain.proposal import Combination, Proposal
from tempo.domain.tokens import TokenId
from tempo.infrastructure.fused_llama.processor.compiling import (
    Doubles,
    Floats,
    Integers,
    parallel,
    serial,
)
from tempo.infrastructure.fused_llama.processor.exponential import exponential

if TYPE_CHECKING:
    from tempo.domain.proposal import Reading

NO_SCORES = np.empty(0)

BLOCK = 256
"""Tokens that one thread sums up at a time."""


def knows(reading: Reading, rows: int) -> bool:
    """Whether a reading of so many rows is of the usual kind, and right."""
    right = len(reading.weights) == rows and all(0 <= row < rows for row, _ in reading.pairs)
    return right and reading.combination is Combination.ARITHMETIC and not reading.mixtures


def proposal(logits: Floats, reading: Reading) -> Proposal | None:
    """Answer a reading; None if fewer tokens than asked for have a probability in float32."""
    rows, vocabulary = logits.shape
    weights, barred = np.array(reading.weights), np.array(reading.barred, dtype=np.int64)
    count = min(reading.considered, vocabulary - len(set(reading.barred)))
    best, values = np.full(count, -1), np.empty(count)
    sums, tables = np.empty((2, rows)), np.empty((2, rows, count))
    entropy, passing, mass = answered(
        logits, weights, barred, reading.log_threshold, best, values, sums, tables
    )
    if not np.isfinite(sums).all():
        return Proposal(finite=False)
    if count == 0 or best[-1] < 0:
        return None
    plain, processed = pair_scores(logits, sums, reading)
    return Proposal(
        token_ids=tuple(map(TokenId, best.tolist())),
        log_probabilities=values,
        rows=tables[0],
        plain_rows=tables[1] if reading.barred else tables[0],
        entropy=entropy,
        passing=passing,
        passing_mass=min(1.0, mass),
        pair_scores=plain,
        processed_scores=processed,
    )


def pair_scores(logits: Floats, sums: Doubles, reading: Reading) -> tuple[Doubles, Doubles]:
    """Return the plain and the processed scores of the pairs that a reading asks for."""
    if not reading.pairs:
        return NO_SCORES, NO_SCORES
    row, token = np.array(reading.pairs).T
    scores = logits[row, token].astype(np.float64)
    processed = np.where(np.isin(token, reading.barred), -np.inf, scores - sums[0, row])
    return scores - sums[1, row], processed


@parallel
def answered(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    logits: Floats,
    weights: Doubles,
    barred: Integers,
    log_threshold: float,
    best: Integers,
    values: Doubles,
    sums: Doubles,
    tables: Doubles,
) -> tuple[float, int, float]:
    """Write what a proposal holds; return entropy, and count and mass at the threshold.

    `sums` [2, row] takes the logarithms of what rows are divided by, without the barred tokens
    and with them; `best` and `values` [candidate] the tokens and the logarithms of the readout,
    with -1 for what is not there; `tables` [2, row, candidate] scores by `sums`.
    """
    rows, vocabulary = logits.shape
    shares = np.empty((rows, vocabulary), dtype=np.float32)
    for row in numba.prange(rows):
        _shared_out(logits[row], barred, sums[:, row], shares[row])
    readout = np.empty(vocabulary, dtype=np.float32)
    blocks = (vocabulary + BLOCK - 1) // BLOCK
    parts = np.empty((blocks, 3))
    threshold = np.exp(log_threshold)
    for block in numba.prange(blocks):
        first, last = block * BLOCK, min((block + 1) * BLOCK, vocabulary)
        _mixed(shares, weights, threshold, first, last, readout, parts[block])
    entropy, passing, mass = _summed(parts)
    if _find_best(readout, best):
        more, weight = _refined(logits, weights, log_threshold, readout, best, values, sums)
        passing, mass = passing + more, mass + weight
        for table in range(2):
            for row in range(rows):
                for at in range(best.size):
                    tables[table, row, at] = logits[row, best[at]] - sums[table, row]
    return entropy, round(passing), mass


@serial
def _shared_out(logits: Floats, barred: Integers, sums: Doubles, shares: Floats) -> None:
    """Write [token] a row's probabilities; barred tokens have none."""
    highest = logits.max()
    total = 0.0
    for token in range(logits.size):
        shares[token] = exponential(logits[token] - highest)
        total += shares[token]
    sums[1] = sums[0] = highest + np.log(total)
    if barred.size:
        kept = np.ones(logits.size, dtype=np.bool_)
        kept[barred] = False
        highest = np.float32(-np.inf)
        for token in range(logits.size):
            if kept[token]:
                highest = max(highest, logits[token])
        total = 0.0
        for token in range(logits.size):
            shares[token] = exponential(logits[token] - highest) if kept[token] else 0.0
            total += shares[token]
        sums[0] = highest + np.log(total)
    shares *= np.float32(1.0 / total)


@serial
def _mixed(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    shares: Floats,
    weights: Doubles,
    threshold: float,
    first: int,
    last: int,
    readout: Floats,
    sums: Doubles,
) -> None:
    """Write the readout of some tokens; `sums` takes entropy, and count and mass that pass."""
    entropy = passing = mass = np.float64(0.0)
    for token in range(first, last):
        share = np.float32(0.0)
        for row in range(weights.size):
            share += np.float32(weights[row]) * shares[row, token]
        readout[token] = share
        if share > 0.0:
            entropy -= share * np.log(share)
            if share >= threshold:
                passing += 1.0
                mass += share
    sums[0], sums[1], sums[2] = entropy, passing, mass


@serial
def _summed(parts: Doubles) -> tuple[float, float, float]:
    """Return the sums of [part, 3] over all parts."""
    entropy = passing = mass = 0.0
    for part in range(parts.shape[0]):
        entropy += parts[part, 0]
        passing += parts[part, 1]
        mass += parts[part, 2]
    return entropy, passing, mass


@serial
def _find_best(readout: Floats, best: Integers) -> bool:
    """Write the most probable tokens, of equal ones the lowest; return whether all are there."""
    count = best.size
    lowest = np.float32(0.0)
    for token in range(readout.size):
        if readout[token] > lowest:
            at = count - 1
            while at > 0 and (best[at - 1] < 0 or readout[best[at - 1]] < readout[token]):
                best[at] = best[at - 1]
                at -= 1
            best[at] = token
            if best[count - 1] >= 0:
                lowest = readout[best[count - 1]]
    return count > 0 and best[count - 1] >= 0


@serial
def _refined(  # noqa: PLR0913, PLR0917 - a kernel's arrays
    logits: Floats,
    weights: Doubles,
    log_threshold: float,
    readout: Floats,
    best: Integers,
    values: Doubles,
    sums: Doubles,
) -> tuple[float, float]:
    """Compute and sort the values of the best; return what they add to what passes."""
    threshold = np.exp(log_threshold)
    more = mass = 0.0
    for at in range(best.size):
        token, total = best[at], 0.0
        for row in range(weights.size):
            if weights[row] > 0.0:
                total += weights[row] * np.exp(logits[row, token] - sums[0, row])
        value = min(0.0, np.log(total))
        if readout[token] >= threshold:
            more, mass = more - 1.0, mass - readout[token]
        if value >= log_threshold:
            more, mass = more + 1.0, mass + total
        place = at
        while place > 0 and (
            values[place - 1] < value or (values[place - 1] == value and best[place - 1] > token)
        ):
            values[place], best[place] = values[place - 1], best[place - 1]
            place -= 1
        values[place], best[place] = value, token
    return more, mass

"""Products that read every weight once, for few rows.

Weights lie as [output, input], so that each output is a dot product along memory. Four outputs and
four rows are summed side by side, in registers: a weight is loaded once for four rows, and a row's
number once for four outputs. Weights of fewer bits are widened as they are loaded, once for four
rows; sums are float32 whatever the weights are.
"""

from __future__ import annotations

import numba
import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import Floats, parallel, serial
from tempo.infrastructure.fused_llama.processor.widening import Held, widened

Four = tuple[int, int, int, int]
Sums = tuple[np.float32, np.float32, np.float32, np.float32]
Pair = tuple[Held, Floats]
"""Weights [output, input], and [output] what their products are multiplied by."""


@serial
def fours(count: int, first: int) -> Four:
    """Return four numbers from `first` on; the last of `count` stands for those beyond it."""
    last = count - 1
    return first, min(first + 1, last), min(first + 2, last), min(first + 3, last)


@serial
def four_by_four(inputs: Floats, rows: Four, weights: Held, outputs: Four) -> tuple[Sums, ...]:
    """Return [4, 4] the products of four rows with four outputs' weights, row by row."""
    a, b, c, d = inputs[rows[0]], inputs[rows[1]], inputs[rows[2]], inputs[rows[3]]
    p, q, r, s = weights[outputs[0]], weights[outputs[1]], weights[outputs[2]], weights[outputs[3]]
    ap = aq = ar = as_ = bp = bq = br = bs = np.float32(0.0)
    cp = cq = cr = cs = dp = dq = dr = ds = np.float32(0.0)
    for k in range(a.size):
        pk, qk, rk, sk = widened(p[k]), widened(q[k]), widened(r[k]), widened(s[k])
        ap += a[k] * pk
        aq += a[k] * qk
        ar += a[k] * rk
        as_ += a[k] * sk
        bp += b[k] * pk
        bq += b[k] * qk
        br += b[k] * rk
        bs += b[k] * sk
        cp += c[k] * pk
        cq += c[k] * qk
        cr += c[k] * rk
        cs += c[k] * sk
        dp += d[k] * pk
        dq += d[k] * qk
        dr += d[k] * rk
        ds += d[k] * sk
    return (ap, aq, ar, as_), (bp, bq, br, bs), (cp, cq, cr, cs), (dp, dq, dr, ds)


@serial
def _one_by_four(row: Floats, weights: Held, outputs: Four) -> Sums:
    """Return [4] the products of one row with four outputs' weights."""
    p, q, r, s = weights[outputs[0]], weights[outputs[1]], weights[outputs[2]], weights[outputs[3]]
    ap = aq = ar = as_ = np.float32(0.0)
    for k in range(row.size):
        ap += row[k] * widened(p[k])
        aq += row[k] * widened(q[k])
        ar += row[k] * widened(r[k])
        as_ += row[k] * widened(s[k])
    return ap, aq, ar, as_


@parallel
def product(inputs: Floats, matrix: Pair, outputs: Floats) -> None:
    """Write [row, output] the products of inputs [row, input] and a matrix [output, input]."""
    weights, scales = matrix
    rows, count = inputs.shape[0], weights.shape[0]
    for four in numba.prange((count + 3) // 4):
        chosen = fours(count, 4 * four)
        if rows == 1:
            alone = _one_by_four(inputs[0], weights, chosen)
            for at in range(4):
                outputs[0, chosen[at]] = alone[at] * scales[chosen[at]]
        else:
            for first in range(0, rows, 4):
                among = fours(rows, first)
                found = four_by_four(inputs, among, weights, chosen)
                for row in range(4):
                    for at in range(4):
                        outputs[among[row], chosen[at]] = found[row][at] * scales[chosen[at]]


@parallel
def gated(inputs: Floats, matrix: Pair, outputs: Floats) -> None:
    """Write [row, inner] the up product times SiLU of the gate product (Shazeer 2020, section 2).

    `matrix` [2 * inner, input] holds the gate's outputs, then the up product's.
    """
    weights, scales = matrix
    rows, inner = inputs.shape[0], weights.shape[0] // 2
    for two in numba.prange((inner + 1) // 2):
        one = 2 * two
        other = min(one + 1, inner - 1)
        chosen = one, other, inner + one, inner + other
        if rows == 1:
            alone = _one_by_four(inputs[0], weights, chosen)
            for at in range(2):
                gate = alone[at] * scales[chosen[at]]
                outputs[0, chosen[at]] = _silu(gate) * alone[at + 2] * scales[chosen[at + 2]]
        else:
            for first in range(0, rows, 4):
                among = fours(rows, first)
                found = four_by_four(inputs, among, weights, chosen)
                for row in range(4):
                    sums, output = found[row], outputs[among[row]]
                    for at in range(2):
                        gate = sums[at] * scales[chosen[at]]
                        output[chosen[at]] = _silu(gate) * sums[at + 2] * scales[chosen[at + 2]]


@serial
def _silu(number: np.float32) -> np.float32:
    found: np.float32 = number / (np.float32(1.0) + np.exp(-number))
    return found

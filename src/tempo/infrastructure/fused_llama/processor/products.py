"""Products that read every weight once, for few rows.

Weights lie as [output, input], so that each output is a dot product along memory. Four outputs and
four rows are summed side by side, in registers: a weight is loaded once for four rows, and a row's
number once for four outputs.
"""

from __future__ import annotations

import numba
import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import Floats, parallel, serial

Four = tuple[int, int, int, int]
Sums = tuple[np.float32, np.float32, np.float32, np.float32]


@serial
def fours(count: int, first: int) -> Four:
    """Return four numbers from `first` on; the last of `count` stands for those beyond it."""
    last = count - 1
    return first, min(first + 1, last), min(first + 2, last), min(first + 3, last)


@serial
def four_by_four(inputs: Floats, rows: Four, weights: Floats, outputs: Four) -> tuple[Sums, ...]:
    """Return [4, 4] the products of four rows with four outputs' weights, row by row."""
    a, b, c, d = inputs[rows[0]], inputs[rows[1]], inputs[rows[2]], inputs[rows[3]]
    p, q, r, s = weights[outputs[0]], weights[outputs[1]], weights[outputs[2]], weights[outputs[3]]
    ap = aq = ar = as_ = bp = bq = br = bs = np.float32(0.0)
    cp = cq = cr = cs = dp = dq = dr = ds = np.float32(0.0)
    for k in range(a.size):
        ap += a[k] * p[k]
        aq += a[k] * q[k]
        ar += a[k] * r[k]
        as_ += a[k] * s[k]
        bp += b[k] * p[k]
        bq += b[k] * q[k]
        br += b[k] * r[k]
        bs += b[k] * s[k]
        cp += c[k] * p[k]
        cq += c[k] * q[k]
        cr += c[k] * r[k]
        cs += c[k] * s[k]
        dp += d[k] * p[k]
        dq += d[k] * q[k]
        dr += d[k] * r[k]
        ds += d[k] * s[k]
    return (ap, aq, ar, as_), (bp, bq, br, bs), (cp, cq, cr, cs), (dp, dq, dr, ds)


@serial
def _one_by_four(row: Floats, weights: Floats, outputs: Four) -> Sums:
    """Return [4] the products of one row with four outputs' weights."""
    p, q, r, s = weights[outputs[0]], weights[outputs[1]], weights[outputs[2]], weights[outputs[3]]
    ap = aq = ar = as_ = np.float32(0.0)
    for k in range(row.size):
        ap += row[k] * p[k]
        aq += row[k] * q[k]
        ar += row[k] * r[k]
        as_ += row[k] * s[k]
    return ap, aq, ar, as_


@parallel
def product(inputs: Floats, weights: Floats, outputs: Floats) -> None:
    """Write [row, output] the products of inputs [row, input] and weights [output, input]."""
    rows, count = inputs.shape[0], weights.shape[0]
    for four in numba.prange((count + 3) // 4):
        chosen = fours(count, 4 * four)
        if rows == 1:
            alone = _one_by_four(inputs[0], weights, chosen)
            for at in range(4):
                outputs[0, chosen[at]] = alone[at]
        else:
            for first in range(0, rows, 4):
                among = fours(rows, first)
                found = four_by_four(inputs, among, weights, chosen)
                for row in range(4):
                    for at in range(4):
                        outputs[among[row], chosen[at]] = found[row][at]


@parallel
def gated(inputs: Floats, weights: Floats, outputs: Floats) -> None:
    """Write [row, inner] the up product times SiLU of the gate product (Shazeer 2020, section 2).

    `weights` [2 * inner, input] hold the gate's outputs, then the up product's.
    """
    rows, inner = inputs.shape[0], weights.shape[0] // 2
    for two in numba.prange((inner + 1) // 2):
        one = 2 * two
        other = min(one + 1, inner - 1)
        chosen = one, other, inner + one, inner + other
        if rows == 1:
            alone = _one_by_four(inputs[0], weights, chosen)
            outputs[0, one] = _silu(alone[0]) * alone[2]
            outputs[0, other] = _silu(alone[1]) * alone[3]
        else:
            for first in range(0, rows, 4):
                among = fours(rows, first)
                found = four_by_four(inputs, among, weights, chosen)
                for row in range(4):
                    outputs[among[row], one] = _silu(found[row][0]) * found[row][2]
                    outputs[among[row], other] = _silu(found[row][1]) * found[row][3]


@serial
def _silu(number: np.float32) -> np.float32:
    found: np.float32 = number / (np.float32(1.0) + np.exp(-number))
    return found

"""Products that read every weight once, for few rows.

Weights lie as [output, input], so that each output is a dot product along memory. Two outputs and
four rows are summed side by side, in registers: a weight is loaded once for four rows.
"""

from __future__ import annotations

import numba
import numpy as np

from tempo.infrastructure.fused_llama.processor.compiling import Floats, parallel, serial


@serial
def _four_by_two(
    inputs: Floats, rows: tuple[int, int, int, int], one: Floats, other: Floats
) -> tuple[np.float32, ...]:
    """Return the dot products of four rows with two rows of weights."""
    first, second = inputs[rows[0]], inputs[rows[1]]
    third, fourth = inputs[rows[2]], inputs[rows[3]]
    a = b = c = d = e = f = g = h = np.float32(0.0)
    for k in range(one.size):
        u, v = one[k], other[k]
        a += first[k] * u
        b += second[k] * u
        c += third[k] * u
        d += fourth[k] * u
        e += first[k] * v
        f += second[k] * v
        g += third[k] * v
        h += fourth[k] * v
    return a, b, c, d, e, f, g, h


@serial
def _one_by_two(row: Floats, one: Floats, other: Floats) -> tuple[np.float32, np.float32]:
    """Return the dot products of one row with two rows of weights."""
    a = b = np.float32(0.0)
    for k in range(one.size):
        a += row[k] * one[k]
        b += row[k] * other[k]
    return a, b


@serial
def fours(rows: int, row: int) -> tuple[int, int, int, int]:
    """Return four rows from one on; the last stands for those that are not there."""
    return row, min(row + 1, rows - 1), min(row + 2, rows - 1), min(row + 3, rows - 1)


@parallel
def product(inputs: Floats, weights: Floats, outputs: Floats) -> None:
    """Write [row, output] the products of inputs [row, input] and weights [output, input]."""
    rows, count = inputs.shape[0], weights.shape[0]
    for pair in numba.prange((count + 1) // 2):
        one = 2 * pair
        other = min(one + 1, count - 1)
        if rows == 1:
            outputs[0, one], outputs[0, other] = _one_by_two(
                inputs[0], weights[one], weights[other]
            )
        else:
            for row in range(0, rows, 4):
                i, j, k, l = fours(rows, row)  # noqa: E741 - four of a kind
                (
                    outputs[i, one], outputs[j, one], outputs[k, one], outputs[l, one],
                    outputs[i, other], outputs[j, other], outputs[k, other], outputs[l, other],
                ) = _four_by_two(inputs, (i, j, k, l), weights[one], weights[other])  # fmt: skip


@parallel
def gated(inputs: Floats, weights: Floats, outputs: Floats) -> None:
    """Write [row, inner] the up product times SiLU of the gate product (Shazeer 2020, section 2).

    `weights` [2 * inner, input] hold the gate's outputs, then the up product's.
    """
    rows, inner = inputs.shape[0], weights.shape[0] // 2
    for one in numba.prange(inner):
        other = inner + one
        if rows == 1:
            gate, up = _one_by_two(inputs[0], weights[one], weights[other])
            outputs[0, one] = gate / (np.float32(1.0) + np.exp(-gate)) * up
        else:
            for row in range(0, rows, 4):
                chosen = fours(rows, row)
                found = _four_by_two(inputs, chosen, weights[one], weights[other])
                for at in range(4):
                    gate, up = found[at], found[at + 4]
                    outputs[chosen[at], one] = gate / (np.float32(1.0) + np.exp(-gate)) * up

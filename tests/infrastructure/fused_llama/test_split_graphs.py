"""The block of logits that several processes put together, as a head's kernels would leave it."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tempo.infrastructure.fused_llama.kernel_step import logits_size
from tempo.infrastructure.fused_llama.split_graphs import summarised
from tempo.infrastructure.fused_llama.tiles import Tile

COLUMNS = 16
LOGITS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 50)),
    elements=st.floats(-30, 30, width=32),
)


@given(LOGITS)
def test_the_block_holds_logits_then_maxima_sums_and_logsumexps(logits):
    rows, vocabulary = logits.shape
    tiles, size = logits_size(vocabulary, rows, Tile(COLUMNS, 16))
    block = summarised(torch.from_numpy(logits.copy()), Tile(COLUMNS, 16)).double().numpy()
    assert len(block) == size
    ends = np.cumsum([rows * vocabulary, rows * tiles, rows * tiles])
    held, peaks, masses, totals = np.split(block, ends)
    assert (held.reshape(rows, vocabulary) == logits).all()
    wide = logits.astype(np.float64)
    parts = [wide[:, first : first + COLUMNS] for first in range(0, vocabulary, COLUMNS)]
    for number, part in enumerate(parts):
        assert peaks.reshape(rows, tiles)[:, number] == pytest.approx(part.max(1))
        mass = np.exp(part - part.max(1, keepdims=True)).sum(1)
        assert masses.reshape(rows, tiles)[:, number] == pytest.approx(mass, rel=1e-5)
    assert totals == pytest.approx(np.logaddexp.reduce(wide, axis=1), rel=1e-5, abs=1e-5)

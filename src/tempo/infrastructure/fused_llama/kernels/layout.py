"""Where a pass's integers stand: addresses, what each session has, and the tokens' three lists."""

import triton.language as tl

HEADER = tl.constexpr(4)
"""Addresses of the logits, of the queries that are kept and of their logarithms; one is spare."""

SESSION = tl.constexpr(10)
"""Of each session: addresses of keys and values, capacity, extent, prompt, spread, first row, rows,
where its weights begin; one is spare. After the last one come token ids, positions and cache rows,
each [rows of the pass]."""

"""The residual stream of a model whose layers several processes hold."""

import triton
import triton.language as tl


@triton.jit
def added(
    total,
    norm,
    hidden,
    scaled,
    squares,
    WIDTH: tl.constexpr,
    HIDDEN: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Add what all processes made of each row to its residual stream.

    As `product` does where one process makes all of it: `scaled` is the stream times the next
    norm's weight, and `squares` [block, WIDTH] are sums of its squares.
    """
    row, block = tl.program_id(0), tl.program_id(1)
    place = block * BLOCK + tl.arange(0, BLOCK)
    inside = place < HIDDEN
    target = row * HIDDEN + place
    state = tl.load(hidden + target, inside, other=0.0).to(tl.float32)
    state += tl.load(total + target, inside, other=0.0).to(tl.float32)
    gain = tl.load(norm + place, inside, other=0.0).to(tl.float32)
    rounded = state.to(hidden.dtype.element_ty)
    kept = rounded.to(tl.float32)
    tl.store(hidden + target, rounded, inside)
    tl.store(scaled + target, (kept * gain).to(hidden.dtype.element_ty), inside)
    tl.store(squares + block * WIDTH + row, tl.sum(kept * kept, 0))

"""Weights of fewer bits, as kernels read them: widened in registers, never in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import overload

from tempo.infrastructure.fused_llama.processor.compiling import ARITHMETIC

if TYPE_CHECKING:
    from collections.abc import Callable

Held = npt.NDArray[np.float32] | npt.NDArray[np.uint16] | npt.NDArray[np.int8]
"""float32; bfloat16 as its bits; whole numbers of eight bits."""


def widened(weight: Any) -> np.float32:  # noqa: ANN401 - one number of any of the three
    """Return a weight in float32; bfloat16 is the upper half of one."""
    return _upper_half(weight) if isinstance(weight, np.uint16) else np.float32(weight)


def _upper_half(weight: Any) -> np.float32:  # noqa: ANN401 - as numba wants it
    found: np.float32 = np.uint32(np.uint32(weight) << np.uint32(16)).view(np.float32)
    return found


def _as_it_is(weight: Any) -> np.float32:  # noqa: ANN401 - as numba wants it
    return np.float32(weight)


def _by_type(weight: Any) -> Callable[[Any], np.float32]:  # noqa: ANN401 - its type
    """Return what stands for `widened` in a kernel; numba compares the arguments' very words."""
    return _upper_half if weight == types.uint16 else _as_it_is


overloaded: Any = overload(widened, jit_options={"fastmath": ARITHMETIC})
overloaded(_by_type)

"""How kernels are compiled: for the machine they run on, when first called, and kept on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]

config: Any = numba.config
if config.THREADING_LAYER == "default":
    config.THREADING_LAYER = "omp"  # the one that serves calls from several threads

# Sums may be taken in any order and a product and a sum at once; infinities and NaN stay what they
# are, since a model that gives them has to be found out.
ARITHMETIC = {"reassoc", "contract", "nsz", "arcp"}

serial: Callable[..., Any] = numba.njit(fastmath=ARITHMETIC, cache=True, nogil=True)
parallel: Callable[..., Any] = numba.njit(
    fastmath=ARITHMETIC, cache=True, nogil=True, parallel=True
)


def share_threads(wanted: int) -> None:
    """Let the kernels that this thread calls use as many threads as PyTorch does, if they can."""
    numba.set_num_threads(min(wanted, config.NUMBA_NUM_THREADS))

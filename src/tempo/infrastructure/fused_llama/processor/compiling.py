"""How kernels are compiled: for the machine they run on, when first called, and kept on disk."""

from __future__ import annotations

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Sums may be taken in any order and a product and a sum at once; infinities and NaN stay what they
# are, since a model that gives them has to be found out.
ARITHMETIC = {"reassoc", "contract", "nsz", "arcp"}

config: Any = numba.config
if config.THREADING_LAYER == "default":
    config.THREADING_LAYER = "omp"  # the one that serves calls from several threads


def serial(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that runs on the thread that calls it."""
    return _compiled(kernel, parallel=False)


def parallel(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel whose `prange` loops are shared out over threads."""
    return _compiled(kernel, parallel=True)


def share_threads(most: int | None = None) -> None:
    """Let the kernels that this thread calls use as many threads as PyTorch does, or `most`.

    Both may have one OpenMP between them; numba sets its number of threads when it starts its own,
    which here changes nothing for PyTorch.
    """
    wanted = torch.get_num_threads()
    numba.set_num_threads(max(1, min(wanted, most or wanted, config.NUMBA_NUM_THREADS)))
    if torch.get_num_threads() != wanted:
        torch.set_num_threads(wanted)


def _compiled(kernel: Callable[..., Any], *, parallel: bool) -> Callable[..., Any]:
    """Compile a kernel, and keep it beside those of the same sources.

    numba knows a kernel again by its own file alone, and not by the files of those it calls.
    """
    directory, before = kept_in(), config.CACHE_DIR
    config.CACHE_DIR = str(directory or before)
    try:
        options: dict[str, Any] = {"fastmath": ARITHMETIC, "nogil": True, "parallel": parallel}
        compiled: Callable[..., Any] = numba.njit(cache=directory is not None, **options)(kernel)
    finally:
        config.CACHE_DIR = before
    return compiled


@cache
def kept_in() -> Path | None:
    """Return the directory of kernels compiled of these sources, None if none can be written."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    base = config.CACHE_DIR or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    directory = Path(base) / "tempo" / "kernels" / digest
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK) else None

"""How kernels are compiled: for the machine they run on, when first called, and kept on disk."""

from __future__ import annotations

import os
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import numpy.typing as npt
import torch

from tempo.infrastructure.fused_llama.processor.linking import OwnCodeCompiler

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
    """Let the kernels that this thread calls use as many threads as PyTorch does, or `most`."""
    _started_in()
    wanted = torch.get_num_threads()
    numba.set_num_threads(max(1, min(wanted, most or wanted, config.NUMBA_NUM_THREADS)))


def forked() -> bool:
    """Whether this process is a copy of one that ran kernels: GNU's OpenMP ends in it."""
    return bool(_started_in.cache_info().currsize) and _started_in() != os.getpid()


@cache
def _started_in() -> int:
    """Start numba's threads; return the process that they belong to.

    That sets OpenMP's number of threads, which PyTorch takes for its own.
    """
    threads = torch.get_num_threads()
    numba.set_num_threads(1)
    torch.set_num_threads(threads)
    return os.getpid()


def no_threads() -> str | None:
    """Return why kernels cannot run as numba is set up, None if they can."""
    if config.DISABLE_JIT:
        return "numba is told to compile nothing (NUMBA_DISABLE_JIT)"
    try:
        layer = numba.threading_layer()  # type: ignore[attr-defined]
    except ValueError:  # none was started yet
        layer = config.THREADING_LAYER
    if layer in {"workqueue", "forksafe"}:
        return f"numba's threading layer {layer} serves one thread alone; omp or tbb serve several"
    if layer in {"tbb", "safe"}:
        try:
            import_module("numba.np.ufunc.tbbpool")
        except ImportError as error:
            return f"numba's threading layer {layer} cannot be loaded: {error}"
    return None


def _compiled(kernel: Callable[..., Any], *, parallel: bool) -> Callable[..., Any]:
    """Compile a kernel, and keep it beside those of the same sources.

    numba knows a kernel again by its own file alone, and not by the files of those it calls.
    """
    directory, before = kept_in(), config.CACHE_DIR
    config.CACHE_DIR = str(directory or before)
    try:
        options: dict[str, Any] = {
            "fastmath": ARITHMETIC,
            "nogil": True,
            "parallel": parallel,
            "pipeline_class": OwnCodeCompiler,
        }
        compiled: Callable[..., Any] = numba.njit(cache=directory is not None, **options)(kernel)
    finally:
        config.CACHE_DIR = before
    return compiled


@cache
def kept_in() -> Path | None:
    """Return the directory of kernels compiled of these sources, None if none can be written."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
    users = os.environ.get("XDG_CACHE_HOME", "")
    base = config.CACHE_DIR or (users if Path(users).is_absolute() else Path.home() / ".cache")
    directory = Path(base) / "tempo" / "kernels" / digest
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return directory if os.access(directory, os.W_OK) else None

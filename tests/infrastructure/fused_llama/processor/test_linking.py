"""A kernel's numbers are the same whether it was compiled here or kept, and whatever ran before."""

import os
import subprocess
import sys

ATTENDS = """
import hashlib, sys
import numpy as np
from tempo.infrastructure.fused_llama.processor import attention

def normal(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)

if "parts first" in sys.argv:
    attention._mixture(normal(0, 8), normal(1, 8, 16), normal(2, 16))
    attention._score(normal(0, 4, 16), normal(1, 8, 16), normal(2, 4, 8))
digest = hashlib.sha256()
for extent in range(1, 130):
    keys, values, bias = normal(1, 2, 130, 16), normal(2, 2, 130, 16), normal(3, 3, extent)
    mixed, sums = np.empty((3, 64), np.float32), np.empty((2, 6), np.float32)
    merged = normal(extent, 3, 128)
    attention.attended(merged, keys, values, np.arange(3), bias, mixed, sums)
    digest.update(mixed.tobytes() + sums.tobytes())
print(digest.hexdigest(), attention.attended.stats.cache_hits == {})
"""


def told(kept, *words):
    """Return what a process of its own finds, and whether it compiled; kernels are kept there."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(kept)}
    command = [sys.executable, "-c", ATTENDS, *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    digest, compiled = ended.stdout.split()
    return digest, compiled == "True"


def test_a_kernel_finds_the_same_bits_compiled_or_kept_and_whatever_was_called_before(tmp_path):
    digest, compiled = told(tmp_path)
    assert compiled
    assert told(tmp_path) == (digest, False)
    assert told(tmp_path, "parts first") == (digest, False)

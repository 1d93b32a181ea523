"""Kernels that a test calls by itself take as many threads as PyTorch does."""

import pytest

from tempo.infrastructure.fused_llama.processor.compiling import share_threads


@pytest.fixture(autouse=True)
def _shared_threads():
    share_threads()

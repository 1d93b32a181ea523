"""The engine that the model's options mean. Importing this loads PyTorch, which takes seconds."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.logging import silence_transformers
from tempo.interfaces.python.loading import load

if TYPE_CHECKING:
    from tempo.interfaces.python.engine import Engine


def loaded_engine(
    model: str, device: str, dtype: str, backend: str, random_weights: str, *, check: bool = True
) -> Engine:
    """Return an engine; transformers' own bars stay silent.

    Raises:
        ModelError, InvalidValueError: as `tempo.load`.
    """
    silence_transformers()
    return load(
        model,
        device=device,
        dtype=dtype,
        backend=backend,
        random_weights=random_weights,
        check=check,
    )


def machine(device: str) -> dict[str, object]:
    """Return what a figure of time depends on beside the model."""
    found: dict[str, object] = {
        "system": platform.platform(terse=True),
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
    }
    if device.startswith("cuda"):
        found["gpu"] = torch.cuda.get_device_name(device)
    return found

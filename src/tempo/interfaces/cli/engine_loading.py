"""The engine that the model's options mean. Importing this loads PyTorch, which takes seconds."""

from __future__ import annotations

import platform
from dataclasses import asdict
from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.container import loaded_grader
from tempo.infrastructure.logging import silence_transformers
from tempo.interfaces.cli.engine_options import compute_as_chosen
from tempo.interfaces.cli.loading_options import chosen_options
from tempo.interfaces.python.loading import load

if TYPE_CHECKING:
    from tempo.application.studies.comparison.grading import Grader
    from tempo.interfaces.python.engine import Engine


def loaded_engine(
    model: str, device: str, dtype: str, backend: str, random_weights: str, *, check: bool = True
) -> Engine:
    """Return an engine; transformers' own bars stay silent.

    Raises:
        ModelError, InvalidValueError: as `tempo.load`.
    """
    silence_transformers()
    compute_as_chosen()
    return load(
        model,
        device=device,
        dtype=dtype,
        backend=backend,
        random_weights=random_weights,
        check=check,
        **asdict(chosen_options()),
    )


def grader_of(name: str, device: str, dtype: str) -> Grader:
    """Return a second model that scores texts.

    Raises:
        ModelError, InvalidValueError: as `tempo.load`.
    """
    return loaded_grader(name, device, dtype)


def machine(device: str) -> dict[str, object]:
    """Return what a figure of time depends on beside the model."""
    found: dict[str, object] = {
        "system": platform.system(),
        "processor": platform.processor() or platform.machine(),
        "threads": torch.get_num_threads(),
    }
    if device.startswith("cuda"):
        found["gpu"] = torch.cuda.get_device_name(device)
    return found

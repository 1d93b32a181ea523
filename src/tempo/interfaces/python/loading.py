"""A model by its name, as an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.infrastructure.container import EMBEDDED, Container
from tempo.interfaces.python.engine import Engine

if TYPE_CHECKING:
    from os import PathLike


def load(
    model: str | PathLike[str] = EMBEDDED,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "auto",
    random_weights: str = "",
    check: bool = True,
) -> Engine:
    """Load a model and return an engine.

    `model` is a folder, a hub id, or `embedded` for the model that ships with the package. `auto`
    takes cuda, then mps, then the cpu, and float32 on a cpu, elsewhere the checkpoint's dtype.
    `dtype` is float32, bfloat16, float16, or int8: on a processor, whole numbers with a scale for
    each output, rounded as the model is loaded.
    `backend` is fused for few and large operations on Llama, Mistral, Qwen2 and Qwen3 models,
    transformers for its own modules; auto takes the first on a processor where it knows the model.
    `random_weights` names a family to draw a small model of. `check` runs the isolation law on the
    model (a few passes over five tokens).

    Raises:
        ModelNotFoundError: if there is no such model, or a folder without weights.
        UnsupportedModelError: if its cache or attention cannot honour shared positions.
        SelfCheckError: if its rows break the isolation law.
        InvalidValueError: for an unknown device, dtype, backend or family, or what can be no name.
    """
    container = Container()
    container.config.from_dict(
        {
            "model": model,
            "device": device,
            "dtype": dtype,
            "backend": backend,
            "random_weights": random_weights,
        }
    )
    return Engine.of(container, check=check)

"""A model by its name, as an engine."""

from __future__ import annotations

from os import fspath
from typing import TYPE_CHECKING

from tempo.infrastructure.configuration import LoadingOptions
from tempo.infrastructure.container import EMBEDDED, Container, follow_if_not_first
from tempo.interfaces.python.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike


def load(
    model: str | PathLike[str] = EMBEDDED,
    *,
    device: str = "auto",
    dtype: str = "auto",
    backend: str = "auto",
    random_weights: str = "",
    check: bool = True,
    revision: str = "",
    cache_dir: str | PathLike[str] = "",
    offline: bool = False,
    device_map: str | Mapping[str, object] = "",
    quantisation: str = "",
    trust_remote_code: bool = False,
    tensor_parallel: str | int = "",
    max_memory_gb: float | None = None,
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

    A model of a hub is taken at `revision` (a branch, tag or commit), kept in `cache_dir`, and with
    `offline` taken from there alone. `device_map` spreads it over several devices: auto, balanced,
    balanced_low_0, sequential, or module to device; it needs accelerate. `quantisation` has another
    package round the weights: bitsandbytes-int8, bitsandbytes-nf4, torchao-int8.
    `tensor_parallel` splits each layer over the processes that torchrun started: their number, or
    auto. The first process goes on; in the others this call follows it and ends with it, so that a
    script says what it would say with one.
    Python code that comes with a model runs with `trust_remote_code` alone.

    `max_memory_gb` bounds what the process may hold, in 10^9 bytes: resident memory, on CUDA what
    torch's allocator has taken. A run warns at 85 % of it, and ends there with what it has
    (`finish_reason` `max_memory_gb`); one that has no room from the start is refused.

    Raises:
        ModelNotFoundError: if there is no such model, or a folder without weights.
        UnsupportedModelError: if its cache or attention cannot honour shared positions, its weights
            need a package that is not installed, or its code is not trusted.
        OutOfStepError: if the processes of `tensor_parallel` do not find or follow each other.
        SelfCheckError: if its rows break the isolation law.
        InvalidValueError: for an unknown device, dtype, backend or family, an option that cannot be
            honoured, or what can be no name.

    Examples:
        >>> import tempo
        >>> tempo.load().description.name
        'embedded'
        >>> tempo.load(random_weights="qwen3").description.name
        'random qwen3'
        >>> tempo.load("a/folder/without/a/model")
        Traceback (most recent call last):
            ...
        tempo.domain.errors.ModelNotFoundError: ...
    """
    options = LoadingOptions(
        revision,
        fspath(cache_dir),
        offline,
        device_map,
        quantisation,
        trust_remote_code,
        str(tensor_parallel),
    )
    follow_if_not_first(options)
    container = Container()
    container.config.from_dict(
        {
            "model": model,
            "device": device,
            "dtype": dtype,
            "backend": backend,
            "random_weights": random_weights,
            "options": options,
            "max_memory_gb": max_memory_gb,
        }
    )
    return Engine.of(container, check=check)

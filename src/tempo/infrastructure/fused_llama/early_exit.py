"""The fused decoder whose rows may leave early: a backend of its own over the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tempo.domain.early_exit import PassCost
from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.fused_llama.backend import FusedBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.domain.early_exit import ExitRule, RowExit
    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.infrastructure.fused_llama.weights import Weights


def leaving_early(
    backend: ModelBackend,
    rule: ExitRule,
    heard: Callable[[Sequence[RowExit]], None] | None = None,
) -> ModelBackend:
    """Return a backend of the same model whose rows leave by a rule.

    `heard` is told of each pass how its rows left, in their order; telling takes time of its own.

    Raises:
        UnsupportedModelError: if the model's passes are not run by the kernels for processors.
        InvalidValueError: for an exit layer that the model does not have.
    """
    weights = _weights_in_kernels(backend)
    from tempo.infrastructure.fused_llama.processor.exiting import (  # noqa: PLC0415 - numba
        ExitingDecoder,
    )

    decoder = (
        ExitingDecoder(weights, rule) if heard is None else ExitingDecoder(weights, rule, heard)
    )
    return cast("ModelBackend", FusedBackend(decoder, backend.description))


def pass_cost(backend: ModelBackend) -> PassCost:
    """Return what a row of a model costs in weights that are read.

    Raises:
        UnsupportedModelError: if the model's passes are not run by the kernels for processors.
    """
    shape = _weights_in_kernels(backend).architecture
    attention = shape.hidden * (shape.merged + shape.heads * shape.head_dim)
    return PassCost(
        depth=shape.layers,
        layer=attention + 3 * shape.hidden * shape.inner,
        carried=2 * shape.kv_heads * shape.head_dim * shape.hidden,
        head=shape.vocabulary * shape.hidden,
    )


def _weights_in_kernels(backend: ModelBackend) -> Weights:
    held: object = backend
    try:
        from tempo.infrastructure.fused_llama.processor.decoder import (  # noqa: PLC0415 - numba
            ProcessorDecoder,
        )
    except ImportError:
        known = False
    else:
        known = isinstance(held, FusedBackend) and isinstance(held.decoder, ProcessorDecoder)
    if known and isinstance(held, FusedBackend):
        return held.decoder.weights
    description = backend.description
    message = (
        f"early exit runs in the kernels for processors alone, and {description.name} "
        f"({description.family}, on {description.device}) is not decoded by them; "
        "take device cpu, backend fused, and numba (pip install 'tempo-decoding[cpu]')"
    )
    raise UnsupportedModelError(message)

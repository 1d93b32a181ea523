"""The fused decoder whose rows may leave early: a backend of its own over the same weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.fused_llama.backend import FusedBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tempo.domain.early_exit import ExitRule, RowExit
    from tempo.domain.ports.model_backend import ModelBackend


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
    held: object = backend
    made = _made(held, rule, heard) if isinstance(held, FusedBackend) else None
    if made is None:
        description = backend.description
        message = (
            f"early exit runs in the kernels for processors alone, and {description.name} "
            f"({description.family}, on {description.device}) is not decoded by them; "
            "take device cpu, backend fused, and numba (pip install 'tempo-decoding[cpu]')"
        )
        raise UnsupportedModelError(message)
    return cast("ModelBackend", made)


def _made(
    backend: FusedBackend,
    rule: ExitRule,
    heard: Callable[[Sequence[RowExit]], None] | None,
) -> FusedBackend | None:
    try:
        from tempo.infrastructure.fused_llama.processor.decoder import (  # noqa: PLC0415 - numba
            ProcessorDecoder,
        )
        from tempo.infrastructure.fused_llama.processor.exiting import (  # noqa: PLC0415 - numba
            ExitingDecoder,
        )
    except ImportError:
        return None
    if not isinstance(backend.decoder, ProcessorDecoder):
        return None
    weights = backend.decoder.weights
    decoder = (
        ExitingDecoder(weights, rule) if heard is None else ExitingDecoder(weights, rule, heard)
    )
    return FusedBackend(decoder, backend.description)

"""Whether a model is decoded by the fused decoder or by transformers' own modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.configuration import BACKENDS
from tempo.infrastructure.fused_llama.architecture import refusal
from tempo.infrastructure.fused_llama.backend import FusedBackend
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.logging import events

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedModel

    from tempo.domain.ports.model_backend import ModelBackend, ModelDescription


def chosen_backend(
    kind: str,
    model: PreTrainedModel,
    description: ModelDescription,
    otherwise: Callable[[], ModelBackend],
) -> ModelBackend:
    """Return the backend of a kind; `otherwise` gives that of transformers' modules.

    Raises:
        InvalidValueError: for an unknown kind.
        UnsupportedModelError: if the fused decoder is asked for and does not know the model.
    """
    if kind not in BACKENDS:
        message = f"backend is {kind!r}; choose one of {', '.join(BACKENDS)}"
        raise InvalidValueError(message)
    if kind == "transformers":
        return otherwise()
    reason = refusal(model)
    if reason is None and kind == "auto" and model.device.type != "cpu":
        reason = f"auto takes it on a processor alone, and the model is on {model.device}"
    if reason is None:
        return cast("ModelBackend", FusedBackend(_decoder(model), description))
    if kind == "fused":
        message = f"backend fused cannot run {description.name}: {reason}; use transformers or auto"
        raise UnsupportedModelError(message)
    events().info("backend.transformers", model=description.name, reason=reason)
    return otherwise()


def _decoder(model: PreTrainedModel) -> PlainDecoder:
    if model.device.type != "cuda":
        return PlainDecoder(Weights.of(model))
    from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder  # noqa: PLC0415 - Triton

    return GraphDecoder(Weights.of(model))

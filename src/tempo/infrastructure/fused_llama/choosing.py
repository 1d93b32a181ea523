"""Whether a model is decoded by the fused decoder or by transformers' own modules."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, cast

import torch

from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.configuration import BACKENDS
from tempo.infrastructure.fused_llama.architecture import Architecture, refusal
from tempo.infrastructure.fused_llama.backend import FusedBackend, OwnModules
from tempo.infrastructure.fused_llama.plain_decoder import PlainDecoder
from tempo.infrastructure.fused_llama.split_decoder import SplitDecoder
from tempo.infrastructure.fused_llama.tiles import SMALLEST_TILE, power_of_two
from tempo.infrastructure.fused_llama.weights import Weights
from tempo.infrastructure.huggingface.int8_weights import is_quantised
from tempo.infrastructure.logging import events
from tempo.infrastructure.ranks.group import ranks_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from transformers import PreTrainedModel

    from tempo.domain.ports.model_backend import ModelBackend, ModelDescription
    from tempo.infrastructure.huggingface.backend import HuggingFaceBackend


KNOWN_DEVICES = ("cpu", "cuda")
"""Where the fused decoder has been measured."""


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
    if reason is None and kind == "auto" and model.device.type not in KNOWN_DEVICES:
        known = " and ".join(KNOWN_DEVICES)
        reason = f"auto takes it on {known} alone, and the model is on {model.device}"
    if reason is None and is_quantised(model):
        reason = no_kernels(model)
    if reason is None:
        modules = OwnModules(model, cast("Callable[[], HuggingFaceBackend]", otherwise))
        return cast("ModelBackend", FusedBackend(_decoder(model), description, modules))
    if kind == "fused":
        message = f"backend fused cannot run {description.name}: {reason}; use transformers or auto"
        raise UnsupportedModelError(message)
    events().info("backend.transformers", model=description.name, reason=reason)
    return otherwise()


def _decoder(model: PreTrainedModel) -> PlainDecoder:
    on_processor = model.device.type == "cpu"
    reason = no_kernels(model)
    if ranks_of(model).count > 1:
        return _split_decoder(model, reason)
    if reason is not None:
        events().info("kernels.none", reason=reason)
        return PlainDecoder(Weights.of(model, input_major=on_processor))
    if on_processor:
        return _processor_decoder(model)
    from tempo.infrastructure.fused_llama.graph_decoder import GraphDecoder  # noqa: PLC0415 - Triton

    return GraphDecoder(Weights.of(model))


def _split_decoder(model: PreTrainedModel, reason: str | None) -> PlainDecoder:
    """Return what runs a part of a model, in plain PyTorch where there is a reason to."""
    on_processor = model.device.type == "cpu"
    if reason is not None:
        events().info("kernels.none", reason=reason)
        return SplitDecoder(Weights.of(model, input_major=on_processor))
    if not on_processor:
        from tempo.infrastructure.fused_llama.split_graphs import (  # noqa: PLC0415 - Triton
            SplitGraphDecoder,
        )

        return SplitGraphDecoder(Weights.of(model))
    from tempo.infrastructure.fused_llama.processor.splitting import (  # noqa: PLC0415 - numba
        SplitProcessorDecoder,
    )

    return SplitProcessorDecoder(Weights.of(model))


def _processor_decoder(model: PreTrainedModel) -> PlainDecoder:
    from tempo.infrastructure.fused_llama.processor.compiling import kept_in  # noqa: PLC0415 - numba
    from tempo.infrastructure.fused_llama.processor.decoder import ProcessorDecoder  # noqa: PLC0415

    kept = kept_in()
    if kept is None or not any(kept.rglob("*.nbc")):
        again = "at each start: nothing can be written to ~/.cache" if kept is None else "once"
        # A warning, since whoever waits wants to know why, and that it is not always so.
        events().warning("kernels.compiling", takes="about ten seconds", happens=again)
    return ProcessorDecoder(Weights.of(model))


def no_kernels(model: PreTrainedModel) -> str | None:
    """Return why a model's passes go in plain PyTorch, None if compiled kernels take them."""
    if model.device.type == "cuda":
        return _no_graphs(model)
    if model.device.type != "cpu":
        return f"there are none for {model.device.type}"
    if model.dtype not in {torch.float32, torch.bfloat16}:
        return f"they take float32, bfloat16 and int8 weights, and the model's are {model.dtype}"
    # Where colorama is there, numba's coloured errors would write escapes to every terminal at the
    # end, --no-color or not. sacrebleu brings colorama along.
    os.environ.setdefault("NUMBA_DISABLE_ERROR_MESSAGE_HIGHLIGHTING", "1")
    try:
        import_module("numba.np.ufunc.omppool")
    except ImportError as error:
        return f"numba with OpenMP is needed (pip install 'tempo-decoding[cpu]'): {error}"
    from tempo.infrastructure.fused_llama.processor.compiling import no_threads  # noqa: PLC0415 - numba

    return no_threads()


def _no_graphs(model: PreTrainedModel) -> str | None:
    """Return why a model's passes on a GPU are not captured, None if they are."""
    if model.dtype == torch.float64:
        return "they take weights of 16 or 32 bits, and the model's are torch.float64"
    size = Architecture.of(model).head_dim
    if size < SMALLEST_TILE or power_of_two(size) != size:
        return f"they take heads of 16, 32, 64, 128, ... numbers, and the model's have {size}"
    try:
        import_module("triton")
    except ImportError as error:
        return f"Triton is needed (pip install triton): {error}"
    return None

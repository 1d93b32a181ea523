"""Models and tokenizers from a folder, a hub or the package itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from tempo.domain.errors import ContradictionError, InvalidValueError, UnsupportedModelError
from tempo.infrastructure.configuration import DEVICES, DTYPES, EMBEDDED, LoadingOptions
from tempo.infrastructure.huggingface.int8_weights import quantise
from tempo.infrastructure.huggingface.loading_failures import failure
from tempo.infrastructure.huggingface.model_source import ModelSource
from tempo.infrastructure.huggingface.placement import device_map_of
from tempo.infrastructure.huggingface.quantisation import (
    method_of,
    quantisation_config,
    require_readable,
)
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.huggingface.sharding import sharding
from tempo.infrastructure.huggingface.tokenizer_findings import require_fitting
from tempo.infrastructure.ranks.joining import own_place, require_device, wanted_processes
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    import os

    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

SMALLER = "use a smaller model, or dtype bfloat16"

INT8 = "int8"


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model with its tokenizer, and the name that the user gave it."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase | None
    name: str


def load(
    name: str | os.PathLike[str] = EMBEDDED,
    device: str = "auto",
    dtype: str = "auto",
    random_weights: str = "",
    options: LoadingOptions | None = None,
) -> Loaded:
    """Load a model by folder, hub id or `embedded`; or draw one of a family at random.

    A random model takes the tokenizer of `name`. `auto` is the first of cuda, mps and cpu that
    works, and float32 on a cpu, elsewhere the dtype of the checkpoint. `int8` rounds the weights
    as they are loaded. A model spread by a device map stays where the map puts it.

    Raises:
        ModelNotFoundError: if there is no such model, or a folder without weights or with a broken
            file.
        UnsupportedModelError: if transformers has no causal language model of this kind, or cannot
            read its weights here.
        InvalidValueError: for an unknown device, dtype or family, a dtype that the device does not
            have, an option that cannot be honoured, or what can be no name.
    """
    options = options or LoadingOptions()
    chosen = chosen_device(device)
    precision = _chosen_dtype(dtype, chosen)
    placed = _placing(options, device, dtype, random_weights)
    source = ModelSource.of(name, options)
    config = _configuration(source)
    if options.tensor_parallel:
        place = own_place(wanted_processes(options.tensor_parallel))
        placed |= sharding(config, place.count, source.name)
    tokenizer = _tokenizer(source)
    if random_weights:
        model = random_model(random_weights, len(tokenizer))
        if isinstance(precision, torch.dtype):
            nn.Module.to(model, precision)
        if dtype == INT8:
            quantise(model)
        return Loaded(_placed(model, chosen), tokenizer, f"random {random_weights}")
    require_readable(config, source.name)
    model = _model(source, precision, placed)
    require_fitting(tokenizer, model, source.name)
    if dtype == INT8:
        _refuse_twice(config, source.name)
        quantise(model)
    if placed.keys() & {"device_map", "distributed_config"}:
        model.eval()
        return Loaded(model, tokenizer, source.name)
    with telling_memory(f"the model {source.name}", chosen, SMALLER):
        return Loaded(_placed(model, chosen), tokenizer, source.name)


def _placing(
    options: LoadingOptions, device: str, dtype: str, random_weights: str
) -> dict[str, Any]:
    """Return what the loading of the weights alone is told.

    Raises:
        InvalidValueError, ContradictionError: for what cannot be, or not together.
    """
    wanted = {
        "device_map": options.device_map,
        "quantisation": options.quantisation,
        "tensor_parallel": options.tensor_parallel,
    }
    for option, value in wanted.items():
        if value and random_weights:
            message = (
                f"random_weights {random_weights} draws a small model on one device, and {option} "
                f"is {value!r}; leave one of them out"
            )
            raise ContradictionError(message)
        if value and options.tensor_parallel and option != "tensor_parallel":
            message = (
                f"tensor_parallel is {options.tensor_parallel} and {option} {value!r}; "
                "leave one of them out"
            )
            raise ContradictionError(message)
    if options.tensor_parallel:
        require_device(device)
        if dtype == INT8:
            message = "tensor_parallel does not split weights of dtype int8; use bfloat16"
            raise ContradictionError(message)
    if options.device_map and device != "auto":
        message = f"device is {device} and device_map {options.device_map!r}; leave out one of them"
        raise ContradictionError(message)
    if options.quantisation and dtype == INT8:
        message = f"dtype is int8 and quantisation {options.quantisation}; leave out one of them"
        raise ContradictionError(message)
    placed: dict[str, Any] = {}
    if options.device_map:
        placed["device_map"] = device_map_of(options.device_map)
    if options.quantisation:
        placed["quantization_config"] = quantisation_config(options.quantisation)
    return placed


def _refuse_twice(config: PreTrainedConfig, name: str) -> None:
    method = method_of(config)
    if method:
        message = f"dtype is int8, and {name} is quantised by {method} already; leave dtype out"
        raise ContradictionError(message)


def _placed(model: PreTrainedModel, device: torch.device) -> PreTrainedModel:
    nn.Module.to(model, device)
    model.eval()
    return model


def chosen_device(device: str) -> torch.device:
    """Return the device that a name stands for on this machine.

    Raises:
        InvalidValueError: for an unknown device, or one that this machine does not have.
    """
    if device not in DEVICES:
        message = f"device is {device!r}; choose one of {', '.join(DEVICES)}"
        raise InvalidValueError(message)
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if device == "auto":
        return torch.device(next(kind for kind, there in available.items() if there))
    if not available[device]:
        message = f"device {device} is not available on this machine; use auto or cpu"
        raise InvalidValueError(message)
    return torch.device(device)


def _chosen_dtype(dtype: str, device: torch.device) -> torch.dtype | str:
    if dtype not in DTYPES:
        message = f"dtype is {dtype!r}; choose one of {', '.join(DTYPES)}"
        raise InvalidValueError(message)
    if dtype == INT8 and device.type != "cpu":
        message = f"dtype int8 is for a processor, not for {device}; use bfloat16 or device cpu"
        raise InvalidValueError(message)
    if dtype == INT8:
        return "auto"  # each weight is rounded once, from what the checkpoint holds
    if dtype == "auto":
        return torch.float32 if device.type == "cpu" else "auto"
    chosen: torch.dtype = getattr(torch, dtype)
    return chosen


def _configuration(source: ModelSource) -> PreTrainedConfig:
    """Read the configuration first: the tokenizer needs it too, and would be blamed for it."""
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(source.location, **source.arguments)
    except Exception as error:  # why: a configuration's own checks raise anything
        raise failure(source.location, source.name, "configuration", error) from error
    return config


def _tokenizer(source: ModelSource) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            source.location, **source.arguments
        )
    except Exception as error:  # why: tokenizers raises bare exceptions for a damaged file
        raise failure(source.location, source.name, "tokenizer", error) from error
    return tokenizer


UNLOADED = (
    *(OSError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError),
    ImportError,  # a package that reads quantised weights, or that a model's own code needs
)


def _model(
    source: ModelSource, dtype: torch.dtype | str, placed: dict[str, Any]
) -> PreTrainedModel:
    try:
        with telling_memory(f"the model {source.name}", torch.device("cpu"), SMALLER):
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                source.location,
                dtype=dtype,
                output_loading_info=True,
                **source.arguments,
                **placed,
            )
    except UNLOADED as error:
        raise failure(source.location, source.name, "model", error) from error
    model, report = loaded
    if report["missing_keys"]:
        missing = ", ".join(sorted(report["missing_keys"])[:5])
        message = (
            f"{source.name} holds no weights for {missing}; transformers would draw them at random"
        )
        raise UnsupportedModelError(message)
    checked: PreTrainedModel = model
    return checked

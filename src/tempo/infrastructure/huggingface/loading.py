"""Models and tokenizers from a folder, a hub or the package itself."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from huggingface_hub import constants, try_to_load_from_cache
from safetensors import SafetensorError
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from tempo.domain.errors import InvalidValueError, ModelNotFoundError, UnsupportedModelError
from tempo.infrastructure.configuration import DEVICES, DTYPES, EMBEDDED
from tempo.infrastructure.embedded import embedded_model_path
from tempo.infrastructure.huggingface.int8_weights import quantise
from tempo.infrastructure.huggingface.loading_failures import failure, gist
from tempo.infrastructure.huggingface.random_weights import random_model
from tempo.infrastructure.sessions.memory import telling_memory

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

SMALLER = "use a smaller model, or dtype bfloat16"

INT8 = "int8"

WEIGHTS = ("*.safetensors", "*.safetensors.index.json", "*.bin")


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
) -> Loaded:
    """Load a model by folder, hub id or `embedded`; or draw one of a family at random.

    A random model takes the tokenizer of `name`. `auto` is the first of cuda, mps and cpu that
    works, and float32 on a cpu, elsewhere the dtype of the checkpoint. `int8` rounds the weights
    as they are loaded.

    Raises:
        ModelNotFoundError: if there is no such model, or a folder without weights or with a broken
            file.
        UnsupportedModelError: if transformers has no causal language model of this kind.
        InvalidValueError: for an unknown device, dtype or family, a dtype that the device does not
            have, or what can be no name.
    """
    name = _spelled(name)
    chosen = chosen_device(device)
    precision = _chosen_dtype(dtype, chosen)
    source = _source(name)
    _require_configuration(source, name)
    tokenizer = _tokenizer(source, name)
    if random_weights:
        model = random_model(random_weights, len(tokenizer))
        if isinstance(precision, torch.dtype):
            nn.Module.to(model, precision)
        if dtype == INT8:
            quantise(model)
        return Loaded(_placed(model, chosen), tokenizer, f"random {random_weights}")
    model = _model(source, name, precision)
    if dtype == INT8:
        quantise(model)
    with telling_memory(f"the model {name}", chosen, SMALLER):
        return Loaded(_placed(model, chosen), tokenizer, name)


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


def _spelled(name: object) -> str:
    """Return a model's name or path as text."""
    spelled = os.fspath(name) if isinstance(name, (str, os.PathLike)) else None
    if isinstance(spelled, str):
        return spelled
    message = f"model is {name!r}; it must be a folder, a hub id or 'embedded'"
    raise InvalidValueError(message)


def _source(name: str) -> str:
    """Return what transformers loads, after the checks that a folder allows."""
    if name == EMBEDDED:
        return str(embedded_model_path())
    folder = _folder(name)
    if not name or not folder.exists():
        if name.startswith((".", "/", "~")) or not name:
            message = f"there is no folder {name!r}; give a model's folder, a hub id or 'embedded'"
            raise ModelNotFoundError(message)
        _require_hub(name)
        return name
    if not (folder / "config.json").is_file():
        message = f"{name} is no model: it holds no config.json"
        raise ModelNotFoundError(message)
    if not any(next(folder.glob(pattern), None) for pattern in WEIGHTS):
        message = f"{name} holds no weights; expected *.safetensors or *.bin beside config.json"
        raise ModelNotFoundError(message)
    return str(folder)


def _folder(name: str) -> Path:
    """Return a name as a path.

    Raises:
        ModelNotFoundError: for a name that no path can have.
    """
    try:
        folder = Path(name).expanduser()
        folder.exists()
    except (OSError, RuntimeError) as error:
        message = f"{name!r} cannot be a model's folder or a hub id: {error}"
        raise ModelNotFoundError(message) from error
    return folder


def _require_hub(name: str) -> None:
    """Refuse at once what only a hub could have when no hub can be reached.

    A proxy may reach what this machine cannot name; then the attempt itself has to tell.

    Raises:
        ModelNotFoundError: if the hub's address cannot be found and no copy is cached.
    """
    try:
        cached = try_to_load_from_cache(name, "config.json") if name.count("/") <= 1 else None
    except ValueError as error:
        message = f"{name!r} is no folder, and no hub id: {gist(error)}"
        raise ModelNotFoundError(message) from error
    if isinstance(cached, str) or getproxies():
        return
    host = urlsplit(constants.ENDPOINT).hostname
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        message = (
            f"there is no folder {name!r}, and the hub {host} cannot be reached to look for a "
            "model of this name; give a model's folder or 'embedded'"
        )
        raise ModelNotFoundError(message) from error


def _require_configuration(source: str, name: str) -> None:
    """Read the configuration first: the tokenizer needs it too, and would be blamed for it."""
    try:
        AutoConfig.from_pretrained(source)
    except Exception as error:  # why: a configuration's own checks raise anything
        raise failure(source, name, "configuration", error) from error


def _tokenizer(source: str, name: str) -> PreTrainedTokenizerBase:
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(source)
    except Exception as error:  # why: tokenizers raises bare exceptions for a damaged file
        raise failure(source, name, "tokenizer", error) from error
    return tokenizer


def _model(source: str, name: str, dtype: torch.dtype | str) -> PreTrainedModel:
    try:
        with telling_memory(f"the model {name}", torch.device("cpu"), SMALLER):
            loaded: Any = AutoModelForCausalLM.from_pretrained(
                source, dtype=dtype, output_loading_info=True
            )
    except (OSError, ValueError, LookupError, TypeError, RuntimeError, SafetensorError) as error:
        raise failure(source, name, "model", error) from error
    model, report = loaded
    if report["missing_keys"]:
        missing = ", ".join(sorted(report["missing_keys"])[:5])
        message = f"{name} holds no weights for {missing}; transformers would draw them at random"
        raise UnsupportedModelError(message)
    checked: PreTrainedModel = model
    return checked

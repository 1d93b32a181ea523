"""Weights that other packages round while they are loaded, and checkpoints that they rounded."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import InvalidValueError, UnsupportedModelError
from tempo.infrastructure.configuration import QUANTISATIONS
from tempo.infrastructure.huggingface.loading_failures import gist

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

NEEDED = {
    "bitsandbytes": ("bitsandbytes", "accelerate"),
    "torchao": ("torchao",),
}
"""Packages by the method that needs them; other methods name theirs themselves."""


def quantisation_config(kind: str) -> Any:  # noqa: ANN401 - transformers has a class for each method
    """Return what transformers is told to round the weights of a model to.

    Raises:
        InvalidValueError: for an unknown kind, or one whose package is not installed.
    """
    if kind not in QUANTISATIONS:
        message = f"quantisation is {kind!r}; choose one of {', '.join(QUANTISATIONS)}"
        raise InvalidValueError(message)
    method, bits = kind.split("-")
    missing = _missing(method)
    if missing:
        message = (
            f"quantisation {kind} needs {' and '.join(missing)}, not installed here: "
            f"pip install {' '.join(missing)}, or leave quantisation out (dtype int8 needs nothing)"
        )
        raise InvalidValueError(message)
    try:
        return _rounding(method, bits)
    except Exception as error:  # why: a package of another version fails in ways of its own
        message = (
            f"quantisation {kind} cannot be set up with the {method} that is installed here: "
            f"{gist(error)}; pip install --upgrade {method}, or leave quantisation out"
        )
        raise InvalidValueError(message) from error


def _rounding(method: str, bits: str) -> Any:  # noqa: ANN401 - as above
    if method == "bitsandbytes":
        from transformers import BitsAndBytesConfig  # noqa: PLC0415 - for those who ask for it

        if bits == "int8":
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4")
    from transformers import TorchAoConfig  # noqa: PLC0415 - for those who ask for it

    quantization = import_module("torchao.quantization")
    return TorchAoConfig(quantization.Int8WeightOnlyConfig())


def require_readable(config: PreTrainedConfig, name: str) -> None:
    """Refuse a checkpoint that a package rounded which is not installed.

    Raises:
        UnsupportedModelError: naming the package.
    """
    method = method_of(config)
    missing = _missing(method) if method else ()
    if missing:
        message = (
            f"the weights of {name} are quantised by {method}, and {' and '.join(missing)} "
            f"cannot be found to read them: pip install {' '.join(missing)}, or choose a "
            "checkpoint that is not quantised"
        )
        raise UnsupportedModelError(message)


def method_of(config: PreTrainedConfig) -> str | None:
    """Return the method that a checkpoint's weights were rounded by, None if they were not."""
    told = getattr(config, "quantization_config", None)
    method = (
        told.get("quant_method") if isinstance(told, dict) else getattr(told, "quant_method", None)
    )
    return None if method is None else str(getattr(method, "value", method))


def _missing(method: str) -> tuple[str, ...]:
    return tuple(name for name in NEEDED.get(method, ()) if find_spec(name) is None)

"""The words by which a model is chosen: known before any framework is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EMBEDDED = "embedded"
"""The name of the model that ships with the package."""

DEVICES = ("auto", "cuda", "mps", "cpu")
DTYPES = ("auto", "float32", "bfloat16", "float16", "int8")
"""Types of the weights; int8 are whole numbers with a scale for each output."""

QUANTISATIONS = ("bitsandbytes-int8", "bitsandbytes-nf4", "torchao-int8")
"""Packages that round weights while they are loaded, and to what."""

DEVICE_MAPS = ("auto", "balanced", "balanced_low_0", "sequential")
"""Ways to spread a model over several devices, beside a mapping of module to device."""

BACKENDS = ("auto", "fused", "transformers")
"""Whose operations run a model: our own of fewer and larger ones, or transformers' modules."""

FAMILIES = (
    "llama",
    "cogito",
    "mistral",
    "mixtral",
    "qwen2",
    "qwen3",
    "gemma",
    "gemma2",
    "gemma3",
    "phi3",
    "gpt_neox",
    "olmo2",
    "granite",
    "smollm3",
)
"""Families of which a small model can be drawn."""


@dataclass(frozen=True, slots=True)
class LoadingOptions:
    """How a model is looked for and placed, beside its name, device and type; off by default.

    Attributes:
        revision: a branch, tag or commit of a model on a hub; empty for its main branch.
        cache_dir: the folder that keeps what a hub sent; empty for the usual one.
        offline: whether only what is on this machine is used.
        device_map: how a model is spread over devices: one of `DEVICE_MAPS`, or module to device,
            as a mapping or as JSON; empty for one device.
        quantisation: one of `QUANTISATIONS`; empty for none.
        trust_remote_code: whether Python code that comes with a model may run.
        tensor_parallel: over how many processes each layer is split: a number, or auto for as many
            as torchrun started; empty for one process.
    """

    revision: str = ""
    cache_dir: str = ""
    offline: bool = False
    device_map: str | Mapping[str, object] = ""
    quantisation: str = ""
    trust_remote_code: bool = False
    tensor_parallel: str = ""

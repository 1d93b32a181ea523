"""Models whose layers are split over several processes, by transformers' own plans."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.huggingface.quantisation import method_of

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

TOO_OLD = "this transformers has no tp_plan in its DistributedConfig; install a newer one"

HEADS = ("num_attention_heads", "num_key_value_heads")
"""What has to be split evenly for each process to hold whole heads with whole groups."""


def sharding(config: PreTrainedConfig, processes: int, name: str) -> dict[str, Any]:
    """Return how transformers is told to split a model over so many processes.

    Raises:
        UnsupportedModelError: if the model has no plan for it, is quantised, or cannot be split
            evenly.
    """
    from transformers.distributed.configuration_utils import (  # noqa: PLC0415 - for several alone
        DistributedConfig,
    )

    known = "tp_plan" in inspect.signature(DistributedConfig).parameters
    reason = _refusal(config, processes) if known else TOO_OLD
    if reason:
        message = (
            f"{name} ({config.model_type}) cannot be split over {processes} processes: {reason}"
        )
        raise UnsupportedModelError(message)
    return {"distributed_config": DistributedConfig(tp_plan="auto", tp_size=processes)}


def _refusal(config: PreTrainedConfig, processes: int) -> str | None:
    """Return why a model cannot be split, None if it can."""
    method = method_of(config)
    if method:
        return f"it is quantised by {method}, whose weights are not split; use the plain one"
    text = config.get_text_config()
    if not getattr(text, "base_model_tp_plan", None):
        return "transformers has no plan for its kind; use device_map, or a quantised one"
    for size in (*HEADS, "intermediate_size"):
        value = getattr(text, size, None)
        if isinstance(value, int) and value % processes:
            return f"its {size} is {value}, no multiple of {processes}; {_advice(text)}"
    return None


def _advice(config: PreTrainedConfig) -> str:
    """Return which numbers of processes would do."""
    sizes = [getattr(config, size, None) for size in (*HEADS, "intermediate_size")]
    known = [size for size in sizes if isinstance(size, int)]
    fitting = [
        str(number)
        for number in range(2, min(known) + 1)
        if not any(size % number for size in known)
    ]
    return f"take {', '.join(fitting)} processes" if fitting else "use device_map"

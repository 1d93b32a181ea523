"""Small models with random weights and a long context: for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoModelForCausalLM,
    GemmaConfig,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.configuration import FAMILIES

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

CONFIGURATIONS: dict[str, type[PreTrainedConfig]] = {
    "llama": LlamaConfig,
    "mistral": MistralConfig,
    "qwen2": Qwen2Config,
    "qwen3": Qwen3Config,
    "gemma": GemmaConfig,
}
"""Each family's kind of configuration, by the name that users give."""


def random_model(  # noqa: PLR0913 - a model has as many knobs
    family: str,
    vocabulary: int,
    attention: str = "sdpa",
    *,
    seed: int = 0,
    context: int = 8192,
    scale: float = 0.2,
) -> PreTrainedModel:
    """Return a two-layer model whose weights are drawn with standard deviation `scale`.

    The usual scale of 0.02 leaves all tokens about alike; 0.2 gives distributions with a shape.

    Raises:
        InvalidValueError: for an unknown family.
    """
    if family not in FAMILIES:
        message = f"there is no family {family!r}; choose one of {', '.join(FAMILIES)}"
        raise InvalidValueError(message)
    shape: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "max_position_embeddings": context,
        "initializer_range": scale,
        "tie_word_embeddings": family == "gemma",
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": None,
    }
    config = CONFIGURATIONS[family](**shape)
    if family == "mistral":
        config.sliding_window = None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(
            config, attn_implementation=attention, dtype=torch.float32
        )
    model.eval()
    return model

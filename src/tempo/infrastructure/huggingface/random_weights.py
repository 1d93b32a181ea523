"""Small models with random weights and a long context: for tests and benchmarks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPTNeoXConfig,
    GraniteConfig,
    LlamaConfig,
    MistralConfig,
    MixtralConfig,
    Olmo2Config,
    Phi3Config,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
)

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.configuration import FAMILIES

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

CONFIGURATIONS: dict[str, type[PreTrainedConfig]] = {
    "llama": LlamaConfig,
    "cogito": LlamaConfig,
    "mistral": MistralConfig,
    "mixtral": MixtralConfig,
    "qwen2": Qwen2Config,
    "qwen3": Qwen3Config,
    "gemma": GemmaConfig,
    "gemma2": Gemma2Config,
    "gemma3": Gemma3TextConfig,
    "phi3": Phi3Config,
    "gpt_neox": GPTNeoXConfig,
    "olmo2": Olmo2Config,
    "granite": GraniteConfig,
    "smollm3": SmolLM3Config,
}
"""Each family's kind of configuration, by the name that users give."""

COGITO: dict[str, Any] = {
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 28,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 128_256,
    "max_position_embeddings": 131_072,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
    "rope_parameters": {
        "rope_type": "llama3",
        "rope_theta": 500_000.0,
        "factor": 32.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 8192,
    },
    "bos_token_id": 128_000,
    "eos_token_id": [128_001, 128_008, 128_009],
}
"""The configuration of deepcogito/cogito-v1-preview-llama-3B, whose shape is Llama 3.2's of 3B."""

OWN_SHAPES: dict[str, dict[str, Any]] = {
    "cogito": {
        "hidden_size": 96,
        "num_attention_heads": 6,  # three to a key-value head, as there
        **{name: COGITO[name] for name in ("rms_norm_eps", "tie_word_embeddings")},
        **{name: COGITO[name] for name in ("head_dim", "rope_parameters")},
    },
    "mixtral": {"num_local_experts": 4, "num_experts_per_tok": 2},
    "gemma2": {"query_pre_attn_scalar": 16, "sliding_window": 8192},
    "gemma3": {
        "query_pre_attn_scalar": 16,
        "sliding_window": 8192,
        "layer_types": ["sliding_attention", "full_attention"],
    },
    "granite": {"attention_multiplier": 0.25},
    "smollm3": {"no_rope_layers": [1, 0]},
}
"""What a family's small model needs beside the shapes that all have."""

EAGER = "eager"
EAGER_ALONE = frozenset({"gemma2"})
"""Families that transformers runs with eager attention alone, for the cap on their scores."""


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
    A family that knows no other attention than the eager one gets that.

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
        "tie_word_embeddings": family.startswith("gemma"),
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": None,
    }
    config = CONFIGURATIONS[family](**shape | OWN_SHAPES.get(family, {}))
    if family == "mistral":
        config.sliding_window = None
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(
            config,
            attn_implementation=EAGER if family in EAGER_ALONE else attention,
            dtype=torch.float32,
        )
    model.eval()
    return model

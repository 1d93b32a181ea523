"""What tells one model or vocabulary from another, without reading all of it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import torch

from tempo.infrastructure.ranks.group import is_split, sampled_together

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

ESSENTIALS = (
    "attention_bias",
    "attn_logit_softcapping",
    "embedding_multiplier",
    "final_logit_softcapping",
    "head_dim",
    "hidden_act",
    "hidden_activation",
    "hidden_size",
    "intermediate_size",
    "layer_types",
    "logit_scale",
    "logits_scaling",
    "mlp_bias",
    "model_type",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "query_pre_attn_scalar",
    "residual_multiplier",
    "rms_norm_eps",
    "rope_parameters",
    "sliding_window",
    "tie_word_embeddings",
    "use_sliding_window",
    "vocab_size",
)
"""What of a configuration changes a model's answers. A list of its own: what else a configuration
holds differs between versions of transformers and ways of loading."""

SAMPLES = 64
"""Values that are read of each parameter: training moves nearly all of them."""


def model_fingerprint(model: PreTrainedModel) -> str:
    """Return a digest of the architecture, and of every parameter's name, shape and some values.

    Values count as float32, so that a checkpoint loaded in its own dtype and in float32 is one
    model; one that was rounded on loading is another.
    """
    digest = hashlib.sha256(_essentials(model.config.get_text_config()))
    named = list(model.named_parameters())
    for name, parameter in named:
        digest.update(f"{name} {list(parameter.shape)}\n".encode())
    samples = [_sampled(parameter) for _, parameter in named if not parameter.is_meta]
    if samples:
        values = torch.cat([sample.to(samples[0].device) for sample in samples])
        digest.update(values.cpu().numpy().tobytes())
    return digest.hexdigest()


def _essentials(config: PreTrainedConfig) -> bytes:
    facts = {name: getattr(config, name, None) for name in ESSENTIALS}
    return json.dumps(facts, sort_keys=True, default=str).encode()


def _sampled(parameter: Tensor) -> Tensor:
    """Return [s] values at even distances, the first and the last among them."""
    count = parameter.numel()
    places = [index * (count - 1) // max(1, SAMPLES - 1) for index in range(min(SAMPLES, count))]
    flat = torch.tensor(places, device=parameter.device)
    where = torch.unravel_index(flat, parameter.shape)  # of any strides, without a copy
    held = parameter.detach()
    if is_split(held):
        return sampled_together(held, where)
    if type(parameter.data) is not torch.Tensor and hasattr(held, "dequantize"):
        held = held.dequantize()  # a quantised kind of tensor, which has no single values
    return held[where].float()


def tokenizer_fingerprint(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return a digest of the vocabulary: every token with its number."""
    digest = hashlib.sha256()
    for token, number in sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1]):
        digest.update(f"{number} {token!r}\n".encode())
    return digest.hexdigest()

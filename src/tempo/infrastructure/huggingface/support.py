"""Which models can honour shared positions, and what each one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import UnsupportedModelError
from tempo.domain.ports.model_backend import ModelDescription
from tempo.infrastructure.huggingface.fingerprint import model_fingerprint
from tempo.infrastructure.huggingface.int8_weights import weights_dtype
from tempo.infrastructure.huggingface.quantisation import method_of

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

ATTENTIONS = ("sdpa", "eager")
"""Attention implementations that add an explicit float mask to the scores."""

LAYER_TYPES = frozenset({"full_attention", "sliding_attention"})


def describe(model: PreTrainedModel, name: str) -> ModelDescription:
    """Return a model's facts, its context cut to what its attention can honour.

    Raises:
        UnsupportedModelError: if it has no rotary positions, keeps a state that is no key-value
            cache, has an encoder, or runs an attention that takes no additive mask.
    """
    config = model.config.get_text_config()
    reason = _refusal(model, config)
    if reason:
        message = f"{name} ({config.model_type}) cannot be decoded here: {reason}"
        raise UnsupportedModelError(message)
    context, limits = _context(config)
    return ModelDescription(
        name=name,
        family=config.model_type,
        fingerprint=model_fingerprint(model),
        context=context,
        vocabulary=config.vocab_size,
        parameters=model.num_parameters(),
        dtype=method_of(model.config) or weights_dtype(model),
        device=str(model.device),
        limits=limits,
    )


def _refusal(model: PreTrainedModel, config: PreTrainedConfig) -> str | None:
    """Return why a model cannot honour the layout, None if it can."""
    if getattr(model.config, "is_encoder_decoder", False):
        return "it has an encoder; use a causal (decoder-only) language model"
    strange = sorted(set(getattr(config, "layer_types", None) or ()) - LAYER_TYPES)
    if strange or getattr(model, "_is_stateful", False):
        kinds = ", ".join(strange) or "recurrent"
        return (
            f"its layers ({kinds}) keep a state or chunks instead of a full key-value cache, "
            "from which single tokens cannot be masked; use a model with full attention"
        )
    if not _is_rotary(model, config):
        return (
            "its positions are not rotary (learned absolute, ALiBi or none), "
            "so tokens cannot share a position; use a model with RoPE"
        )
    if model.training:
        return "it is in training mode, where dropout makes every row random; call model.eval()"
    attention = getattr(model.config, "_attn_implementation", None)
    if attention not in ATTENTIONS:
        return (
            f"its attention implementation is {attention!r}, which takes no additive mask; "
            f"load it with attn_implementation={' or '.join(map(repr, ATTENTIONS))}"
        )
    return None


def _is_rotary(model: PreTrainedModel, config: PreTrainedConfig) -> bool:
    if getattr(config, "rotary_dim", None):
        return True  # GPT-J and CodeGen rotate inside each attention, without a module for it
    if getattr(config, "alibi", False) or not getattr(config, "rope_parameters", None):
        return False
    return any("rotary" in name for name, _ in model.named_modules())


def _context(config: PreTrainedConfig) -> tuple[int, tuple[str, ...]]:
    """Return the longest sequence in positions, and what limits it."""
    context = int(config.max_position_embeddings)
    window = _sliding_window(config)
    if window is None or window >= context:
        return context, ()
    limit = (
        f"its sliding-window layers see {window} positions of {context}; "
        f"the context ends there, since older tokens would drop out unseen"
    )
    return window, (limit,)


def _sliding_window(config: PreTrainedConfig) -> int | None:
    """Return the smallest window of any layer, None if every layer sees everything."""
    kinds = getattr(config, "layer_types", None)
    window = getattr(config, "sliding_window", None)
    if window is None or (kinds is not None and "sliding_attention" not in kinds):
        return None
    return int(window)

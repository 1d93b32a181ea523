"""Which models the fused decoder knows, and the numbers that make one of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.huggingface.int8_weights import Int8Linear
from tempo.infrastructure.ranks.group import held_here

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

FAMILIES = frozenset({"llama", "mistral", "qwen2", "qwen3"})
STILL_ROTATIONS = frozenset({"default", "linear", "llama3", "yarn"})
"""Rotary scalings whose frequencies do not change with the length of the sequence."""

DTYPES = frozenset({torch.float32, torch.bfloat16, torch.float16, torch.float64})


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a decoder.

    Attributes:
        layers: how many.
        hidden: size of the residual stream.
        inner: size of the feed-forward layer.
        heads: query heads.
        kv_heads: key and value heads; query heads share them in groups.
        head_dim: size of a head.
        vocabulary: number of token ids.
        epsilon: of every RMSNorm.
    """

    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    epsilon: float

    @property
    def group(self) -> int:
        """How many query heads share one key head."""
        return self.heads // self.kv_heads

    @property
    def merged(self) -> int:
        """Outputs of the merged product: queries, keys, values."""
        return (self.heads + 2 * self.kv_heads) * self.head_dim

    def share(self, count: int) -> Architecture:
        """Return the shape of what one of several processes holds of each layer."""
        return replace(
            self,
            inner=self.inner // count,
            heads=self.heads // count,
            kv_heads=self.kv_heads // count,
        )

    @classmethod
    def of(cls, model: PreTrainedModel) -> Architecture:
        """Return a model's shape.

        Raises:
            UnsupportedModelError: if the fused decoder does not know such a model.
        """
        config = model.config
        reason = refusal(model)
        if reason:
            message = f"the fused decoder does not know this {config.model_type} model: {reason}"
            raise UnsupportedModelError(message)
        return cls(
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            inner=config.intermediate_size,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads,
            head_dim=_head_dim(config),
            vocabulary=config.vocab_size,
            epsilon=config.rms_norm_eps,
        )


def refusal(model: PreTrainedModel) -> str | None:
    """Return why a model has to stay with transformers' own modules, None if it does not."""
    config = model.config
    if config.model_type not in FAMILIES:
        return f"its family is none of {', '.join(sorted(FAMILIES))}"
    rotation = config.rope_parameters["rope_type"]
    if (
        rotation not in STILL_ROTATIONS
        or config.rope_parameters.get("partial_rotary_factor", 1) != 1
    ):
        return f"its rotary positions are of type {rotation}, or rotate a part of each head"
    if config.hidden_act != "silu":
        return f"its activation is {config.hidden_act}, not silu"
    if model.dtype not in DTYPES:
        return f"its weights are {model.dtype}"
    if len({parameter.device for parameter in model.parameters()}) > 1:
        return "its weights are on several devices"
    return _strange_layer(model)


def _strange_layer(model: PreTrainedModel) -> str | None:
    """Return why some layer is not as expected, None if all are."""
    for layer in model.model.layers:
        attention, mlp = layer.self_attn, layer.mlp
        inputs = (attention.q_proj, attention.k_proj, attention.v_proj)
        outputs = (attention.o_proj, mlp.gate_proj, mlp.up_proj, mlp.down_proj)
        products = inputs + outputs
        kinds = {type(product) for product in products}
        expected = kinds in ({nn.Linear}, {Int8Linear})
        # torchao keeps a linear layer, and puts a tensor of its own into it.
        if not expected or any(
            type(held_here(one.weight.data)) is not torch.Tensor for one in products
        ):
            return "its products are adapted, or quantised by others"
        if any(product.bias is not None for product in outputs):
            return "its output or feed-forward products have a bias"
    return None


def _is_plain(product: nn.Module) -> bool:
    weight = product.weight
    return isinstance(weight, torch.Tensor) and type(held_here(weight.data)) is torch.Tensor


def _head_dim(config: PreTrainedConfig) -> int:
    given = getattr(config, "head_dim", None)
    return int(given or config.hidden_size // config.num_attention_heads)

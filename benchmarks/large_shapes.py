"""Models of random weights in the shapes of large ones, with as many layers as there is room."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import torch
from transformers import AutoModelForCausalLM, LlamaConfig, PreTrainedModel

from tempo.infrastructure.fused_llama.choosing import chosen_backend
from tempo.infrastructure.huggingface import support
from tempo.infrastructure.huggingface.attention_mask import mask_dtype
from tempo.infrastructure.huggingface.backend import HuggingFaceBackend
from tempo.infrastructure.huggingface.kv_cache import RowCache
from tempo.infrastructure.huggingface.position_ids import PositionIdRemapper

if TYPE_CHECKING:
    from typing import Self


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a Llama's layers.

    Attributes:
        hidden: numbers of a row between layers.
        heads: query heads.
        key_heads: key-value heads.
        inner: numbers within the feed-forward part.
        head_dim: numbers of a head.
        vocabulary: tokens.
    """

    hidden: int
    heads: int
    key_heads: int
    inner: int
    head_dim: int
    vocabulary: int

    def part(self, count: int) -> Self:
        """Return what one of so many processes holds: all of a row, its share of all else."""
        return replace(
            self,
            heads=self.heads // count,
            key_heads=self.key_heads // count,
            inner=self.inner // count,
            vocabulary=self.vocabulary // count,
        )

    @property
    def layer_weights(self) -> int:
        """Numbers in the products of a layer."""
        attention = 2 * self.hidden * (self.heads + self.key_heads) * self.head_dim
        return attention + 3 * self.hidden * self.inner

    def __str__(self) -> str:
        """Return the sizes as a header tells them."""
        return (
            f"hidden {self.hidden}, heads {self.heads}, key-value heads {self.key_heads} of "
            f"{self.head_dim}, inner {self.inner}, vocabulary {self.vocabulary}"
        )


SHAPES = {
    "small": Shape(1024, 16, 4, 3584, 64, 8192),
    "70b": Shape(8192, 64, 8, 28672, 128, 128_256),
}


def random_model(
    shape: Shape, layers: int, context: int, dtype: torch.dtype, device: torch.device
) -> PreTrainedModel:
    """Return a model of a shape, the same in each process, with room for a context and passes."""
    config = LlamaConfig(
        hidden_size=shape.hidden,
        intermediate_size=shape.inner,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.key_heads,
        head_dim=shape.head_dim,
        num_hidden_layers=layers,
        vocab_size=shape.vocabulary,
        max_position_embeddings=context + 1024,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    with device:
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)
    model.eval()
    return model


def backend(model: PreTrainedModel, kind: str) -> Any:  # noqa: ANN401 - either of two
    """Return what runs a model, as the composition root chooses it."""
    description = support.describe(model, "random")

    def own_modules() -> Any:  # noqa: ANN401 - as above
        remapper = PositionIdRemapper(description.context, model.device)
        return HuggingFaceBackend(model, description, remapper, RowCache, mask_dtype(model))

    return chosen_backend(kind, model, description, own_modules)

"""A model's weights, merged so that one product does what several did; held once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from tempo.infrastructure.fused_llama.architecture import Architecture
from tempo.infrastructure.huggingface.int8_weights import Int8Matrix
from tempo.infrastructure.ranks.group import ALONE, held_here, is_split, ranks_of, with_part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor, nn
    from transformers import PreTrainedModel

    from tempo.infrastructure.ranks.group import Ranks


@dataclass(frozen=True, slots=True, eq=False)
class LayerWeights:
    """One layer.

    Attributes:
        before_attention: [hidden] RMSNorm.
        merged: [merged, hidden] queries, keys and values.
        merged_bias: [merged], of models that have one.
        query_norm: [head_dim] RMSNorm of each query head, of models that have one.
        key_norm: [head_dim] the same of each key head.
        output: [hidden, heads * head_dim].
        before_inner: [hidden] RMSNorm.
        gate_up: [2 * inner, hidden] gate, then up.
        down: [hidden, inner].
        merged_scales: [merged] what the whole numbers of a model of eight bits are multiplied by.
        output_scales: [hidden] the same, as the two that follow.
        gate_up_scales: [2 * inner].
        down_scales: [hidden].
    """

    before_attention: Tensor
    merged: Tensor
    merged_bias: Tensor | None
    query_norm: Tensor | None
    key_norm: Tensor | None
    output: Tensor
    before_inner: Tensor
    gate_up: Tensor
    down: Tensor
    merged_scales: Tensor | None = None
    output_scales: Tensor | None = None
    gate_up_scales: Tensor | None = None
    down_scales: Tensor | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """A whole model.

    Attributes:
        architecture: its shape.
        embedding: [vocabulary, hidden].
        layers: first to last.
        norm: [hidden] the last RMSNorm.
        head: [vocabulary, hidden]; the embedding itself where both are tied.
        frequencies: [head_dim / 2] float32 angle of each pair per position.
        rotation_scale: what sines and cosines are multiplied by.
        embedding_scales: [vocabulary] of a model of eight bits.
        head_scales: [vocabulary] the same.
        ranks: the processes that hold a part each: some heads of every layer, some inner numbers,
            some rows of `embedding` and `head`. `architecture` counts the heads and inner numbers
            of this one.
    """

    architecture: Architecture
    embedding: Tensor
    layers: tuple[LayerWeights, ...]
    norm: Tensor
    head: Tensor
    frequencies: Tensor
    rotation_scale: float
    embedding_scales: Tensor | None = None
    head_scales: Tensor | None = None
    ranks: Ranks = ALONE

    @property
    def dtype(self) -> torch.dtype:
        """Of all weights."""
        return self.embedding.dtype

    @property
    def device(self) -> torch.device:
        """Where all weights are."""
        return self.embedding.device

    def embedded(self, tokens: Tensor) -> Tensor:
        """Return [token, hidden] the embeddings of tokens."""
        if self.ranks.count > 1:
            return self._embedded_together(tokens)
        rows, scales = self.embedding[tokens], self.embedding_scales
        return rows if scales is None else rows.float() * scales[tokens][:, None]

    def _embedded_together(self, tokens: Tensor) -> Tensor:
        """Return what the one process that holds each token knows of it."""
        each = -(-self.architecture.vocabulary // self.ranks.count)
        own = tokens - self.ranks.rank * each
        here = (own >= 0) & (own < len(self.embedding))
        rows = self.embedding[torch.where(here, own, 0)]
        return self.ranks.total(rows * here[:, None])

    @classmethod
    @torch.no_grad()
    def of(cls, model: PreTrainedModel, *, input_major: bool = False) -> Weights:
        """Merge a model's weights; its own parameters become views of the merged ones.

        The model goes on working, and no more than one layer is ever held twice. Input-major, as
        PyTorch's products of four to eight rows on a processor take half the time, it can no
        longer be saved as it is.

        Raises:
            UnsupportedModelError: if the fused decoder does not know such a model.
        """
        architecture = Architecture.of(model)
        inner = model.model
        ranks = ranks_of(model)
        return cls(
            architecture=architecture.share(ranks.count),
            embedding=held_here(inner.embed_tokens.weight.detach()),
            layers=tuple(_layer(layer, input_major) for layer in inner.layers),
            norm=inner.norm.weight.detach(),
            head=held_here(model.lm_head.weight.detach()),
            frequencies=inner.rotary_emb.inv_freq.detach().float(),
            rotation_scale=float(inner.rotary_emb.attention_scaling),
            embedding_scales=_scales((inner.embed_tokens,)),
            head_scales=_scales((model.lm_head,)),
            ranks=ranks,
        )


def _layer(layer: Any, input_major: bool) -> LayerWeights:  # noqa: ANN401, FBT001 - any family's
    attention, mlp = layer.self_attn, layer.mlp
    inputs = (attention.q_proj, attention.k_proj, attention.v_proj)
    norms = (getattr(attention, "q_norm", None), getattr(attention, "k_norm", None))
    return LayerWeights(
        before_attention=layer.input_layernorm.weight.detach(),
        merged=_merged(inputs, input_major=input_major),
        merged_bias=_merged_bias(inputs),
        query_norm=norms[0].weight.detach() if norms[0] is not None else None,
        key_norm=norms[1].weight.detach() if norms[1] is not None else None,
        output=_merged((attention.o_proj,), input_major=input_major),
        before_inner=layer.post_attention_layernorm.weight.detach(),
        gate_up=_merged((mlp.gate_proj, mlp.up_proj), input_major=input_major),
        down=_merged((mlp.down_proj,), input_major=input_major),
        merged_scales=_scales(inputs),
        output_scales=_scales((attention.o_proj,)),
        gate_up_scales=_scales((mlp.gate_proj, mlp.up_proj)),
        down_scales=_scales((mlp.down_proj,)),
    )


def _scales(matrices: Sequence[nn.Module]) -> Tensor | None:
    """Return the scales of matrices below each other, None where they are no whole numbers."""
    found = [one.scales.detach() for one in matrices if isinstance(one, Int8Matrix)]
    return torch.cat(found) if len(found) == len(matrices) else None


def _merged(products: Sequence[nn.Linear], *, input_major: bool) -> Tensor:
    """Return the weights below each other; the products' own become views of them."""
    parts = [product.weight for product in products]
    if any(map(is_split, parts)):
        return _merged_parts(products, input_major=input_major)
    first = _shared_storage(parts, input_major=input_major)
    if first is not None:
        return first
    held = [part.detach() for part in parts]
    merged = torch.cat([part.T for part in held], 1).T if input_major else torch.cat(held)
    for part, view in zip(parts, merged.split([len(part) for part in parts]), strict=True):
        part.data = view
    return merged


def _merged_parts(products: Sequence[nn.Linear], *, input_major: bool) -> Tensor:
    """Do the same with the parts of the products that this process holds."""
    held = [held_here(product.weight.detach()) for product in products]
    first = _shared_storage(held, input_major=input_major)
    if first is not None:
        return first
    merged = torch.cat([part.T for part in held], 1).T if input_major else torch.cat(held)
    views = merged.split([len(part) for part in held])
    for product, view in zip(products, views, strict=True):
        product.weight = with_part(product.weight, view)
    return merged


def _shared_storage(parts: Sequence[Tensor], *, input_major: bool) -> Tensor | None:
    """Return the merged weights that `parts` are views of already, if they are."""
    rows, columns = sum(len(part) for part in parts), parts[0].shape[1]
    strides = (1, rows) if input_major else (columns, 1)
    base = parts[0].detach()
    place = base.data_ptr()
    for part in parts:
        if part.data_ptr() != place or part.stride() != strides:
            return None
        place += len(part) * strides[0] * part.element_size()
    storage = base.untyped_storage()
    if (
        storage.data_ptr() + storage.nbytes()
        < base.data_ptr() + rows * columns * base.element_size()
    ):
        return None
    return base.as_strided((rows, columns), strides)


def _merged_bias(products: Sequence[nn.Linear]) -> Tensor | None:
    # An nn.Linear without a bias holds None, which its type does not say.
    found: list[Tensor | None] = [product.bias for product in products]
    biases = [held_here(bias.detach()) for bias in found if bias is not None]
    return torch.cat(biases) if len(biases) == len(products) else None

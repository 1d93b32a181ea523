"""The kernels' arithmetic in plain PyTorch: what runs on a CPU, and what the kernels must equal.

Axes: `row` a token of the pass, `head`, `kv_head`, `key` a row of the cache, `head_dim`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.infrastructure.fused_llama.architecture import Architecture
    from tempo.infrastructure.fused_llama.weights import LayerWeights, Weights


def rotation(weights: Weights, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Return cosines [row, head_dim] and sines [row, head_dim / 2], float32, at positions [row].

    The two halves of a head share their cosines, which are there for both.
    """
    angles = positions[:, None].float() * weights.frequencies
    if weights.dtype == torch.float64:
        angles = angles.double()
    cosines = angles.cos() * weights.rotation_scale
    return torch.cat([cosines, cosines], -1), angles.sin() * weights.rotation_scale


def normalised(hidden: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """Return RMSNorm (Zhang & Sennrich 2019, equation 4) of rows [row, hidden].

    On a processor as the layer norm of each row beside its negative, whose mean is 0 and whose
    variance is the mean square: one kernel there, where PyTorch's own takes six.
    """
    size = hidden.shape[1]
    if hidden.device.type != "cpu":
        return functional.rms_norm(hidden, (size,), weight, epsilon)
    beside = torch.cat([hidden, -hidden], 1)
    normal = functional.layer_norm(beside, (2 * size,), eps=epsilon)[:, :size]
    return normal.mul_(weight)


def merged_product(
    layer: LayerWeights, shape: Architecture, hidden: Tensor, angles: tuple[Tensor, Tensor]
) -> tuple[Tensor, Tensor, Tensor]:
    """Return queries [head, row, head_dim], keys and values [kv_head, row, head_dim].

    RMSNorm, one product for all three, the norms of heads where a model has them, and rotation.
    """
    normed = normalised(hidden, layer.before_attention, shape.epsilon)
    merged = functional.linear(normed, layer.merged, layer.merged_bias)
    heads = merged.view(len(hidden), -1, shape.head_dim).transpose(0, 1)
    turning, values = heads[: -shape.kv_heads], heads[-shape.kv_heads :]
    if layer.query_norm is not None and layer.key_norm is not None:
        size = (shape.head_dim,)
        turning = torch.cat(
            [
                functional.rms_norm(turning[: shape.heads], size, layer.query_norm, shape.epsilon),
                functional.rms_norm(turning[shape.heads :], size, layer.key_norm, shape.epsilon),
            ]
        )
    turned = rotated(turning, angles)
    return turned[: shape.heads], turned[shape.heads :], values


def rotated(states: Tensor, angles: tuple[Tensor, Tensor]) -> Tensor:
    """Return states [head, row, head_dim] turned to their positions."""
    cosines, sines = angles
    half = sines.shape[-1]
    turned = states * cosines
    precise = states.to(turned.dtype)
    turned[..., :half].addcmul_(precise[..., half:], sines, value=-1)
    turned[..., half:].addcmul_(precise[..., :half], sines)
    return turned.to(states.dtype)


def attended(queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """Return outputs [row, head * head_dim] and shares [kv_head, group, row, key].

    Scores are computed once, in float32 or better, and the bias [row, key] is added to them there.
    """
    heads, rows, size = queries.shape
    grouped = queries.reshape(len(keys), -1, size)
    scores = torch.bmm(grouped, keys.mT).to(bias.dtype).view(len(keys), -1, rows, keys.shape[1])
    shares = scores.mul_(size**-0.5).add_(bias).softmax(-1)
    mixed = torch.bmm(shares.view(len(keys), -1, keys.shape[1]).to(values.dtype), values)
    return mixed.view(heads, rows, size).transpose(0, 1).reshape(rows, -1), shares


def attended_in_order(queries: Tensor, keys: Tensor, values: Tensor, first: int) -> Tensor:
    """Return outputs [row, head * head_dim] of a prompt's rows from `first` on.

    Each sees the rows up to itself.
    """
    rows, extent = queries.shape[1], keys.shape[1]
    seen = torch.ones(rows, extent, dtype=torch.bool, device=keys.device).tril(first)
    mixed = functional.scaled_dot_product_attention(
        queries[None], keys[None], values[None], attn_mask=seen, enable_gqa=True
    )
    return mixed[0].transpose(0, 1).reshape(rows, -1)


def fed_forward(layer: LayerWeights, shape: Architecture, hidden: Tensor) -> Tensor:
    """Return rows [row, hidden] with what the feed-forward layer adds to them."""
    return torch.addmm(hidden, gated(layer, shape, hidden), layer.down.mT)


def gated(layer: LayerWeights, shape: Architecture, hidden: Tensor) -> Tensor:
    """Return [row, inner] what the feed-forward layer makes of rows on its way."""
    normed = normalised(hidden, layer.before_inner, shape.epsilon)
    gate, up = functional.linear(normed, layer.gate_up).chunk(2, -1)
    return functional.silu(gate).mul_(up)


def final(weights: Weights, hidden: Tensor) -> Tensor:
    """Return what the head reads of rows [row, hidden]."""
    shape = weights.architecture
    return normalised(hidden, weights.norm, shape.epsilon)


def scored(weights: Weights, normed: Tensor) -> Tensor:
    """Return logits [row, vocabulary], float32 or better, of what the head reads."""
    logits = functional.linear(normed, weights.head)
    return logits if logits.dtype == torch.float64 else logits.float()

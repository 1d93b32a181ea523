"""A Llama for training, with dropout, whose weights carry the names Transformers gives them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

INITIAL_DEVIATION = 0.02
NORM_EPSILON = 1e-5
ROTARY_BASE = 10_000.0


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a network; `dropout` applies to the embedding and to each sublayer."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    context: int
    dropout: float

    @property
    def head_width(self) -> int:
        """Width of one attention head."""
        return self.width // self.heads


class Attention(nn.Module):
    """Causal self-attention with rotary positions."""

    def __init__(self, shape: Shape) -> None:
        """Make the four projections."""
        super().__init__()
        self.heads = shape.heads
        self.q_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.k_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.v_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.o_proj = nn.Linear(shape.width, shape.width, bias=False)

    def forward(self, hidden: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Mix positions; hidden is (batch, time, width), cosine and sine (time, head width)."""
        query, key, value = (
            projection(hidden).unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for projection in (self.q_proj, self.k_proj, self.v_proj)
        )  # each (batch, heads, time, head width)
        mixed = functional.scaled_dot_product_attention(
            rotate(query, cosine, sine),
            rotate(key, cosine, sine),
            value,
            is_causal=True,
        )
        output: Tensor = self.o_proj(mixed.transpose(1, 2).flatten(2))
        return output


class FeedForward(nn.Module):
    """The gated feed-forward sublayer."""

    def __init__(self, shape: Shape) -> None:
        """Make the three projections."""
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        """Transform each position; hidden is (batch, time, width)."""
        gated = functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden)
        output: Tensor = self.down_proj(gated)
        return output


class Layer(nn.Module):
    """One pre-normalised block of attention and feed-forward."""

    def __init__(self, shape: Shape) -> None:
        """Make the two sublayers and their norms."""
        super().__init__()
        self.dropout = shape.dropout
        self.self_attn = Attention(shape)
        self.mlp = FeedForward(shape)
        self.input_layernorm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        self.post_attention_layernorm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)

    def forward(self, hidden: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
        """Add both sublayers to the residual stream (batch, time, width)."""
        attended = self.self_attn(self.input_layernorm(hidden), cosine, sine)
        hidden = hidden + functional.dropout(attended, self.dropout, self.training)
        transformed = self.mlp(self.post_attention_layernorm(hidden))
        return hidden + functional.dropout(transformed, self.dropout, self.training)


class Network(nn.Module):
    """A Llama without its output matrix, which is the embedding's."""

    def __init__(self, shape: Shape) -> None:
        """Make the embedding, the layers and the rotary tables."""
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = nn.RMSNorm(shape.width, eps=NORM_EPSILON)
        cosine, sine = rotary_tables(shape)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        for parameter in self.parameters():
            if parameter.ndim > 1:
                nn.init.normal_(parameter, std=INITIAL_DEVIATION)

    def forward(self, tokens: Tensor) -> Tensor:
        """Map tokens (batch, time) to hidden states (batch, time, width)."""
        cosine = self.get_buffer("cosine")[: tokens.shape[1]]
        sine = self.get_buffer("sine")[: tokens.shape[1]]
        embedded = self.embed_tokens(tokens)
        hidden: Tensor = functional.dropout(embedded, self.shape.dropout, self.training)
        for layer in self.layers:
            hidden = layer(hidden, cosine, sine)
        normed: Tensor = self.norm(hidden)
        return normed

    def logits(self, tokens: Tensor) -> Tensor:
        """Score the next token at each position: (batch, time, vocabulary)."""
        return functional.linear(self(tokens), self.embed_tokens.weight)

    def compile_layers(self) -> None:
        """Compile each layer on its own; equal layers share one compilation."""
        for layer in self.layers:
            layer.compile(dynamic=False)


def rotary_tables(shape: Shape) -> tuple[Tensor, Tensor]:
    """Compute the cosines and sines of rotary positions, each (context, head width)."""
    steps = torch.arange(0, shape.head_width, 2) / shape.head_width
    angles = torch.outer(torch.arange(shape.context), ROTARY_BASE**-steps)
    doubled = torch.cat((angles, angles), dim=-1)
    return doubled.cos(), doubled.sin()


def rotate(states: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Rotate queries or keys (batch, heads, time, head width) by their positions."""
    first, second = states.chunk(2, dim=-1)
    turned = torch.cat((-second, first), dim=-1)
    return (states * cosine + turned * sine).to(states.dtype)


def parameter_count(network: nn.Module) -> int:
    """Count a network's weights."""
    return sum(parameter.numel() for parameter in network.parameters())

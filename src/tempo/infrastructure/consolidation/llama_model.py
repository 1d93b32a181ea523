"""Models of the Llama family whose window is managed from outside: their own modules, one by one.

Every module is transformers' own; what is written here is the order in which they are called, the
attention between them, and the changes added to products.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn
from transformers.models.llama.modeling_llama import LlamaAttention, apply_rotary_pos_emb

from tempo.application.studies.consolidation.update import Matrix
from tempo.domain.errors import UnsupportedModelError
from tempo.infrastructure.benchmarking.long_models import apart
from tempo.infrastructure.consolidation.llama_state import LlamaState
from tempo.infrastructure.fused_llama.architecture import refusal
from tempo.infrastructure.ranks.group import require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.application.studies.consolidation.update import HebbianUpdate, MemoryBank
    from tempo.infrastructure.consolidation.changes import LayerMemory

OFF = float("-inf")


class LlamaModel:
    """A float32 copy of a model; several states may be open over it."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Copy a model.

        Raises:
            UnsupportedModelError: for a model whose layers are not built as Llama's are.
        """
        require_whole(model, "consolidation")
        reason = refusal(model)
        if reason is None and getattr(model.config, "sliding_window", None) is not None:
            reason = "its layers have a window of their own"
        if reason is not None:
            message = (
                f"consolidation does not know this {model.config.model_type} model: {reason}; "
                "use one of the families llama, mistral, qwen2 and qwen3"
            )
            raise UnsupportedModelError(message)
        self._model = apart(model).float().eval()

    @property
    def layers(self) -> int:
        return len(self._model.model.layers)

    @property
    def context(self) -> int:
        return int(self._model.config.max_position_embeddings)

    def open(
        self, documents: Sequence[int], update: HebbianUpdate | None, bank: MemoryBank | None
    ) -> LlamaState:
        return LlamaState(self, tuple(documents), update, bank)

    @property
    def device(self) -> torch.device:
        """Where it is."""
        found: torch.device = self._model.get_input_embeddings().weight.device
        return found

    @property
    def heads(self) -> tuple[int, int]:
        """Key and value heads, and the size of each."""
        config = self._model.config
        return config.num_key_value_heads, self._model.model.layers[0].self_attn.head_dim

    def weight(self, layer: int, matrix: Matrix) -> Tensor:
        """Return [out, in] a projection's own weights."""
        attention = self._model.model.layers[layer].self_attn
        found: nn.Linear = getattr(attention, f"{matrix.value}_proj")
        return found.weight

    @torch.inference_mode()
    def run(
        self, tokens: Tensor, first: int, memories: Sequence[LayerMemory], top_k: int | None
    ) -> tuple[Tensor, Tensor]:
        """Read tokens [document, row] at positions from `first` on.

        Returns:
            [document, row, vocab] logits, and [document, row, slot] the attention given to live
            tokens and rows, as means over layers and heads.
        """
        rows, inner = tokens.shape[1], self._model.model
        states = inner.embed_tokens(tokens)
        turns = inner.rotary_emb(
            states, torch.arange(first, first + rows, device=self.device)[None]
        )
        received = torch.zeros((), device=self.device)
        for layer, memory in zip(inner.layers, memories, strict=True):
            normed = layer.input_layernorm(states)
            attended, weights = _attended(layer.self_attn, normed, turns, memory, top_k)
            received = received + weights
            states = states + attended
            states = states + layer.mlp(layer.post_attention_layernorm(states))
        return self._model.lm_head(inner.norm(states)), received / len(memories)


def _attended(
    attention: LlamaAttention,
    rows: Tensor,
    turns: tuple[Tensor, Tensor],
    memory: LayerMemory,
    top_k: int | None,
) -> tuple[Tensor, Tensor]:
    """Return [document, row, hidden] a layer's attention, and [document, row, slot] its weights."""
    keys = memory.changed(Matrix.KEY, rows, attention.k_proj(rows))
    values = memory.changed(Matrix.VALUE, rows, attention.v_proj(rows))
    queries = _in_heads(attention.q_proj(rows), attention, "q_norm")
    queries, keys = apply_rotary_pos_emb(queries, _in_heads(keys, attention, "k_norm"), *turns)
    live = memory.keys.shape[2] + rows.shape[1]
    all_keys, all_values = memory.append(keys, _in_heads(values, attention, ""))
    grouped = queries.unflatten(1, (all_keys.shape[1], -1))  # document kv_head group row head_dim
    scores = (grouped * attention.scaling) @ all_keys[:, :, None].mT
    _hide(scores, live, top_k)
    weights = scores.softmax(dim=-1)
    joined = (weights @ all_values[:, :, None]).flatten(1, 2).transpose(1, 2).flatten(2)
    attended = memory.changed(Matrix.OUTPUT, joined, attention.o_proj(joined))
    return attended, weights[..., -live:].mean(dim=(1, 2))


def _hide(scores: Tensor, live: int, top_k: int | None) -> None:
    """Set to minus infinity what a row must not see: later rows, and what it does not retrieve."""
    rows, banked = scores.shape[-2], scores.shape[-1] - live
    later = torch.ones(rows, rows, dtype=torch.bool, device=scores.device).triu(1)
    scores[..., -rows:].masked_fill_(later, OFF)
    if top_k is not None and top_k < banked:
        bank = scores[..., :banked]
        best = bank.topk(top_k, dim=-1).indices
        hidden = torch.ones_like(bank, dtype=torch.bool).scatter_(-1, best, value=False)
        bank.masked_fill_(hidden, OFF)


def _in_heads(rows: Tensor, attention: LlamaAttention, norm: str) -> Tensor:
    """Return [document, head, row, head_dim], normalised where the family does that."""
    heads: Tensor = rows.unflatten(2, (-1, attention.head_dim))
    if hasattr(attention, norm):
        heads = getattr(attention, norm)(heads)
    return heads.transpose(1, 2)

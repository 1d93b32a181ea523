"""Mixtures of input embeddings through a model's plain forward."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor
    from transformers import PreTrainedModel

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId


class EmbeddingMixer:
    """Feeds a model with means of its tokens' embeddings; transformers' own attention and mask."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Read a model that nothing rearranges."""
        self._model = model

    @torch.inference_mode()
    def read(
        self, prompt: Sequence[TokenId], steps: Sequence[Mapping[TokenId, float]]
    ) -> FloatArray:
        inputs = torch.cat(
            [self._mixed({token: 1.0}) for token in prompt] + list(map(self._mixed, steps))
        )
        logits = self._model(inputs_embeds=inputs[None], use_cache=False).logits[0, len(prompt) :]
        probabilities: FloatArray = np.asarray(
            torch.softmax(logits.to("cpu", torch.float64), dim=-1).numpy()
        )
        return probabilities

    def _mixed(self, tokens: Mapping[TokenId, float]) -> Tensor:
        """Return [1, hidden] the weighted mean of some tokens' embeddings."""
        device = self._model.device
        ids = torch.tensor(list(tokens), device=device)
        vectors: Tensor = self._model.get_input_embeddings()(ids)
        weights = torch.tensor(list(tokens.values()), device=device, dtype=vectors.dtype)
        return (weights[:, None] * vectors).sum(dim=0, keepdim=True)

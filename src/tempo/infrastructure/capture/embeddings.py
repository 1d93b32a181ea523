"""How alike tokens are before the model has looked at any context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId


def similarity(
    embedding: Tensor, tokens: Sequence[TokenId], context: Sequence[TokenId]
) -> FloatArray:
    """Return [tokens] the cosine of each input embedding and the context's mean one, in [-1, 1].

    `embedding` is [vocabulary, hidden].
    """
    ids = torch.tensor([*tokens, *context], device=embedding.device)
    vectors = embedding.index_select(0, ids).float()
    mean = vectors[len(tokens) :].mean(0, keepdim=True)
    return to_host(functional.cosine_similarity(vectors[: len(tokens)], mean).clamp(-1.0, 1.0))

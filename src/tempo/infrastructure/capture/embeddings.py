"""How alike tokens are before the model has looked at any context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch.nn import functional

from tempo.infrastructure.reading.extraction import to_host

if TYPE_CHECKING:
    from torch import Tensor

    from tempo.domain.proposal import FloatArray


def similarity(embedded: Tensor, count: int) -> FloatArray:
    """Return [count] the cosine of the first embeddings and the mean of the others, in [-1, 1].

    `embedded` is [count + others, hidden].
    """
    vectors = embedded.float()
    mean = vectors[count:].mean(0, keepdim=True)
    return to_host(functional.cosine_similarity(vectors[:count], mean).clamp(-1.0, 1.0))

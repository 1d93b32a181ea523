"""The port to what transformers makes of positions when it is given no mask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId


class UnmaskedReading(Protocol):
    """A plain forward with position ids and neither mask nor cache."""

    def read(self, tokens: Sequence[TokenId], positions: Sequence[int]) -> FloatArray:
        """Return [tokens, vocab] next-token probabilities."""
        ...

"""The port to a model's inputs: what a plain forward says after mixtures of embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId


class MixedInputs(Protocol):
    """A model fed with weighted means of its tokens' input embeddings.

    With one token of weight 1 at every step this is the model as it is: a separate run.
    """

    def read(
        self, prompt: Sequence[TokenId], steps: Sequence[Mapping[TokenId, float]]
    ) -> FloatArray:
        """Return [steps, vocab] next-token probabilities after each step.

        Args:
            prompt: at least one token, fed as it is.
            steps: for each position behind it, tokens with weights that sum to 1.
        """
        ...

"""A plain forward of transformers with position ids and no mask: what not to do with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from tempo.infrastructure.ranks.group import require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import TokenId


class UnmaskedModel:
    """Feeds a model tokens at positions and leaves the mask to transformers.

    It reads positions that do not count up by one as packed sequences, and lets tokens of one see
    nothing of another: that, and not the rotation, is what a naive test of gaps measures.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        """Read a loaded model."""
        require_whole(model, "the study of gaps")
        self._model = model

    @torch.inference_mode()
    def read(self, tokens: Sequence[TokenId], positions: Sequence[int]) -> FloatArray:
        device = self._model.device
        output = self._model(
            input_ids=torch.tensor([list(tokens)], device=device),
            position_ids=torch.tensor([list(positions)], device=device),
            use_cache=False,
        )
        probabilities: FloatArray = np.asarray(
            output.logits[0].to("cpu", torch.float64).softmax(-1).numpy()
        )
        return probabilities

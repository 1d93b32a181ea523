"""A model as all decoders hold it: its passes, its end tokens, transformers' own `generate`."""

from __future__ import annotations

import copy
from collections import OrderedDict
from functools import wraps
from typing import TYPE_CHECKING, Any

import torch
from transformers import DynamicCache, GenerationConfig

from tempo.infrastructure.ranks.group import require_whole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import PreTrainedModel


class PlainModel:
    """transformers' own modules, called as they are."""

    def __init__(self, model: PreTrainedModel, end_tokens: Sequence[int]) -> None:
        """Hold a model; what its checkpoint says of decoding does not count."""
        require_whole(model, "comparing decoding methods")
        self.model: Any = model
        self.end_tokens = tuple(sorted(end_tokens))
        self._generating = _with_shared_prompt(model)

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        device: torch.device = self.model.device
        return device

    def new_cache(self) -> DynamicCache:
        """Return an empty cache of transformers' own."""
        return DynamicCache(config=self.model.config)

    def generate(
        self,
        prompt: Sequence[int],
        **options: Any,  # noqa: ANN401 - transformers' own
    ) -> list[list[int]]:
        """Return what transformers' `generate` writes behind a prompt, end tokens included.

        However many texts it writes, the prompt goes through the model once.
        """
        ids = torch.tensor([list(prompt)], device=self.device)
        ends = list(self.end_tokens) or None
        configuration = GenerationConfig(
            eos_token_id=ends, pad_token_id=ends[0] if ends else 0, **options
        )
        texts: Tensor = self._generating.generate(
            ids, attention_mask=torch.ones_like(ids), generation_config=configuration
        )
        return [self._unpadded(text) for text in texts[:, len(prompt) :].tolist()]

    def _unpadded(self, tokens: list[int]) -> list[int]:
        """Return a text up to and with its first end token."""
        for place, token in enumerate(tokens):
            if token in self.end_tokens:
                return tokens[: place + 1]
        return tokens


def _with_shared_prompt(model: Any) -> Any:  # noqa: ANN401 - transformers types no call
    """Return the model under another forward, which feeds rows that are all one prompt only once.

    `generate` repeats the prompt for every text that it writes. Here the first pass takes one of
    these rows; its states and logits are repeated instead. All passes are the model's own, and so
    are its weights; it stays as it is.
    """
    generating = copy.copy(model)
    generating.generation_config = GenerationConfig()
    generating._forward_hooks = OrderedDict()  # noqa: SLF001 - the model's own count its passes

    @wraps(model.forward)  # `generate` reads the signature
    def forward(**inputs: Any) -> Any:  # noqa: ANN401 - transformers'
        cache, rows = inputs.get("past_key_values"), inputs["input_ids"].shape[0]
        if rows == 1 or cache is None or cache.get_seq_length():
            return model(**inputs)
        first = {
            name: value[:1] if isinstance(value, torch.Tensor) and len(value) == rows else value
            for name, value in inputs.items()
        }
        output = model(**first)
        cache.batch_repeat_interleave(rows)
        output.logits = output.logits.expand(rows, -1, -1)
        return output

    generating.forward = forward
    return generating

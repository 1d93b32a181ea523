"""A model as all decoders hold it: its passes, its end tokens, transformers' own `generate`."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers import DynamicCache, GenerationConfig

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import PreTrainedModel


class PlainModel:
    """transformers' own modules, called as they are."""

    def __init__(self, model: PreTrainedModel, end_tokens: Sequence[int]) -> None:
        """Hold a model; what its checkpoint says of decoding does not count."""
        self.model = model
        self.end_tokens = tuple(sorted(end_tokens))
        self._generating = copy.copy(model)  # the same weights and hooks, no defaults of its own
        self._generating.generation_config = GenerationConfig()

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.model.device

    def new_cache(self) -> DynamicCache:
        """Return an empty cache of transformers' own."""
        return DynamicCache(config=self.model.config)

    @torch.inference_mode()
    def prefix_cache(self, prompt: Sequence[int], copies: int) -> DynamicCache | None:
        """Return a cache of all but a prompt's last token, computed once and then copied."""
        if len(prompt) == 1:
            return None
        cache = self.new_cache()
        ids = torch.tensor([list(prompt[:-1])], device=self.device)
        self.model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1)
        cache.batch_repeat_interleave(copies)
        return cache

    def generate(
        self,
        prompt: Sequence[int],
        cache: DynamicCache | None,
        **options: Any,  # noqa: ANN401 - transformers' own
    ) -> list[list[int]]:
        """Return what transformers' `generate` writes behind a prompt, end tokens included."""
        ids = torch.tensor([list(prompt)], device=self.device)
        ends = list(self.end_tokens) or None
        configuration = GenerationConfig(
            eos_token_id=ends, pad_token_id=ends[0] if ends else 0, **options
        )
        held = {} if cache is None else {"past_key_values": cache}
        texts: Tensor = cast("Any", self._generating).generate(
            ids,
            attention_mask=torch.ones_like(ids),
            generation_config=configuration,
            **held,
        )
        return [self._unpadded(text) for text in texts[:, len(prompt) :].tolist()]

    def _unpadded(self, tokens: list[int]) -> list[int]:
        """Return a text up to and with its first end token."""
        for place, token in enumerate(tokens):
            if token in self.end_tokens:
                return tokens[: place + 1]
        return tokens

"""The same model, decoded by transformers' own `generate`."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers import DynamicCache

from tempo.application.studies.speed.methods import Timing
from tempo.application.studies.speed.report import GREEDY
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import PreTrainedModel


class Generating(ABC):
    """Calls of `generate` that never end a text before its time."""

    name = "transformers"

    def __init__(self, model: PreTrainedModel, end_tokens: Sequence[int]) -> None:
        """Decode with a model that nothing else changes."""
        self._model = model
        self._end_tokens = list(end_tokens)
        self._prompt = torch.empty(1, 0, dtype=torch.long)
        self.chosen: tuple[TokenId, ...] = ()

    def begin(self, prompt: Sequence[TokenId]) -> None:
        """Take a prompt in."""
        self._prompt = torch.tensor([list(prompt)], device=self._model.device)

    @abstractmethod
    def time(self, steps: int) -> Timing:
        """Decode so many tokens, and time them."""

    def end(self) -> None:
        """Let go of the prompt."""
        self._prompt = self._prompt[:, :0]

    def _seconds(self, tokens: int, **options: Any) -> float:  # noqa: ANN401 - transformers' own
        """Return how long so many tokens take."""
        _wait(self._model)
        start = perf_counter()
        texts: Tensor = cast("Any", self._model).generate(
            self._prompt,
            attention_mask=torch.ones_like(self._prompt),
            do_sample=False,
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            suppress_tokens=self._end_tokens or None,
            eos_token_id=None,
            pad_token_id=0,
            **options,
        )
        _wait(self._model)
        seconds = perf_counter() - start
        self.chosen = tuple(map(TokenId, texts[0, self._prompt.shape[1] :].tolist()))
        return seconds


class Greedy(Generating):
    """One token after another, on from a cache of the prompt that is copied beforehand."""

    name = GREEDY

    def __init__(self, model: PreTrainedModel, end_tokens: Sequence[int]) -> None:
        """Decode with a model that nothing else changes."""
        super().__init__(model, end_tokens)
        self._cache: DynamicCache | None = None

    @torch.inference_mode()
    def begin(self, prompt: Sequence[TokenId]) -> None:
        """Take a prompt in: all but its last token go through the model."""
        super().begin(prompt)
        self._cache = DynamicCache(config=self._model.config)
        if len(prompt) > 1:
            self._model(self._prompt[:, :-1], past_key_values=self._cache, logits_to_keep=1)

    def time(self, steps: int) -> Timing:
        """Decode so many tokens, and time them."""
        held = copy.deepcopy(self._cache)
        return Timing(1000.0 * self._seconds(steps, past_key_values=held, use_cache=True) / steps)

    def end(self) -> None:
        """Let go of the cache."""
        super().end()
        self._cache = None


class Beyond(Generating):
    """Whatever `generate` is told; what its first token takes, prompt and all, is taken off."""

    def __init__(
        self,
        name: str,
        model: PreTrainedModel,
        end_tokens: Sequence[int],
        **options: Any,  # noqa: ANN401 - transformers' own
    ) -> None:
        """Decode with options of `generate`."""
        super().__init__(model, end_tokens)
        self.name = name
        self._options = options

    def time(self, steps: int) -> Timing:
        """Decode so many tokens beyond the first, and time them."""
        first = self._seconds(1, **self._options)
        whole = self._seconds(steps + 1, **self._options)
        self.chosen = ()
        return Timing(1000.0 * max(0.0, whole - first) / steps)


def baselines(model: PreTrainedModel, end_tokens: Sequence[int]) -> list[Generating]:
    """Return greedy decoding, beams of 4 and 8, and a compiled static cache where there is one.

    transformers compiles a static cache's pass on devices alone.
    """
    found: list[Generating] = [Greedy(model, end_tokens)]
    if model.device.type == "cuda":
        name = "transformers, compiled static cache"
        found.append(Beyond(name, model, end_tokens, cache_implementation="static"))
    return found + [
        Beyond(f"transformers, beam {beams}", model, end_tokens, num_beams=beams)
        for beams in (4, 8)
    ]


def _wait(model: PreTrainedModel) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize(model.device)

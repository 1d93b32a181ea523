"""Greedy decoding, sampling and beam search: transformers' own `generate`.

The prompt goes through the model once, however many texts are written behind it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from tempo.infrastructure.decoders.drafts import Draft

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.infrastructure.decoders.drafts import Asked
    from tempo.infrastructure.decoders.plain_model import PlainModel


@dataclass(frozen=True, slots=True)
class Greedy:
    """The most probable token at every step; one text, however many are asked for."""

    model: PlainModel

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the one text."""
        found = self.model.generate(prompt, do_sample=False, **_lengths(asked))
        return _drafts(self.model, found)


@dataclass(frozen=True, slots=True)
class Sampling:
    """Independent draws, in the order in which they were drawn.

    Attributes:
        warpers: transformers' options of the distribution: `temperature`, `top_p`, `min_p`.
    """

    model: PlainModel
    warpers: Mapping[str, float]

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Draw so many texts; the same seed draws the same."""
        options: dict[str, Any] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0} | dict(
            self.warpers
        )
        device = self.model.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(asked.seed)
            found = self.model.generate(
                prompt,
                do_sample=True,
                num_return_sequences=asked.count,
                **options,
                **_lengths(asked),
            )
        return _drafts(self.model, found)


@dataclass(frozen=True, slots=True)
class Beam:
    """Beam search, its texts by transformers' score: log-probability per token.

    Attributes:
        beams: texts under way, at least; as many as texts are asked for if those are more.
    """

    model: PlainModel
    beams: int

    def drafts(self, prompt: Sequence[int], asked: Asked) -> list[Draft]:
        """Return the best texts."""
        beams = max(self.beams, asked.count)
        found = self.model.generate(
            prompt,
            do_sample=False,
            num_beams=beams,
            num_return_sequences=asked.count,
            **_lengths(asked),
        )
        return _drafts(self.model, found)


def _lengths(asked: Asked) -> dict[str, Any]:
    lengths: dict[str, Any] = {"max_new_tokens": asked.max_steps}
    return lengths | ({"min_new_tokens": asked.min_steps} if asked.min_steps else {})


def _drafts(model: PlainModel, texts: Sequence[Sequence[int]]) -> list[Draft]:
    return [
        Draft(tuple(text), is_finished=bool(text) and text[-1] in model.end_tokens)
        for text in texts
    ]

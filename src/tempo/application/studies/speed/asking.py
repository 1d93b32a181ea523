"""The prompts and the runs that are timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.settings.reading import build_request, read_settings
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from tempo.application.decoding.request import GenerationRequest
    from tempo.application.studies.speed.plan import SpeedPlan
    from tempo.domain.ports.tokenizer import Tokenizer


class Asking:
    """What a study asks of a model."""

    def __init__(self, vocabulary: int, tokenizer: Tokenizer, plan: SpeedPlan) -> None:
        """Ask as a plan says."""
        self._vocabulary, self._tokenizer, self._plan = vocabulary, tokenizer, plan

    def prompt(self, context: int, number: int) -> tuple[TokenId, ...]:
        """Draw the tokens of a prompt; none ends a text."""
        draw = np.random.default_rng((self._plan.seed, context, number))
        ends = self._tokenizer.end_tokens
        allowed = [token for token in range(self._vocabulary) if token not in ends]
        return tuple(map(TokenId, draw.choice(allowed, context).tolist()))

    def request(self, prompt: tuple[TokenId, ...], width: int, steps: int) -> GenerationRequest:
        """Return a run all of whose steps are as wide as it may be, and none ends a text."""
        settings = read_settings(
            {"selection_threshold": 0.0, "max_width": width, "max_steps": steps}
        )
        return build_request(settings, prompt, tuple(self._tokenizer.end_tokens))

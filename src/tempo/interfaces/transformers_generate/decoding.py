"""One prompt of a call to `generate`, decoded to the end."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Protocol

import torch

from tempo.domain.errors import InvalidValueError, NonFiniteLogitsError
from tempo.domain.events import StepAppended
from tempo.interfaces.transformers_generate.processing import is_met

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from transformers import StoppingCriteria

    from tempo.application.decoding.generate import Generate, Generation
    from tempo.application.decoding.outcome import Outcome
    from tempo.application.decoding.request import GenerationRequest


class Streamer(Protocol):
    """What transformers calls a streamer."""

    def put(self, value: Tensor) -> None:
        """Take the prompt's tokens, [1, token], and then each new one, [1]."""
        ...

    def end(self) -> None:
        """Take the end of the text."""
        ...


class Telling:
    """Hands tokens to a streamer as they settle, each once."""

    def __init__(self, streamer: Streamer | None) -> None:
        """Start with nothing told; without a streamer nobody is."""
        self._streamer = streamer
        self._told = 0

    def prompt(self, input_ids: Tensor) -> None:
        """Tell the prompt."""
        if self._streamer is not None:
            self._streamer.put(input_ids.cpu())

    def text(self, tokens: Sequence[int]) -> None:
        """Tell what follows what was told before."""
        if self._streamer is not None:
            for token in tokens[self._told :]:
                self._streamer.put(torch.tensor([token]))
            self._told = max(self._told, len(tokens))

    def end(self, tokens: Sequence[int]) -> None:
        """Tell the rest of a text, and that it is over."""
        self.text(tokens)
        if self._streamer is not None:
            self._streamer.end()


def require_one_text(streamer: Streamer | None, prompts: int, n_best: int | None) -> None:
    """Refuse a streamer where there is not one text to stream.

    Raises:
        InvalidValueError: for several prompts, or the n best texts.
    """
    if streamer is None or (prompts == 1 and n_best is None):
        return
    given = f"{prompts} prompts" if prompts > 1 else f"n_best {n_best}, ranked at the end"
    message = f"tempo_streamer streams one text, and there are {given}; leave one of them out"
    raise InvalidValueError(message)


def decoded(
    use_case: Generate,
    request: GenerationRequest,
    criteria: Sequence[StoppingCriteria],
    telling: Telling | None,
    device: torch.device,
) -> Outcome:
    """Decode a prompt; stop where the best path meets a criterion, and tell what settles.

    Criteria are shown tokens on `device`, as `generate` shows them on the model's.
    """
    generation = use_case.start(request)
    try:
        with closing(generation.events()) as events:
            for event in events:
                if not isinstance(event, StepAppended):
                    continue
                if telling is not None:
                    telling.text(generation.settled_ids)
                if criteria and is_met(criteria, _text(generation, device)):
                    break
    except NonFiniteLogitsError as error:
        processed = request.rules.looks_at_paths
        raise NonFiniteLogitsError(error.step, processed=processed) from error
    return generation.outcome()


def _text(generation: Generation, device: torch.device) -> Tensor:
    ids = [*generation.request.prompt_ids, *generation.best_path_ids]
    return torch.tensor([ids], device=device)

"""Stories that must hold three words."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tempo.application.prompting import Prompt
from tempo.application.studies.search.item import SearchItem
from tempo.domain.errors import InvalidValueError
from tempo.domain.search.demands import Demands

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer

WORDS = (
    *("big", "day", "friend", "friends", "fun", "good", "happy", "help", "home", "little"),
    *("look", "mom", "new", "nice", "park", "play", "said", "saw", "very", "wanted"),
)
"""Common words of children's stories."""

ASKED = 3
"""So many words must be in each story."""


def stories(
    openings: Sequence[str], count: int, seed: int, backend: ModelBackend, tokenizer: Tokenizer
) -> tuple[SearchItem, ...]:
    """Return the first `count` openings of a draw, each with three words drawn for it.

    Raises:
        InvalidValueError: for a count under 1 or over the openings there are.
    """
    if not 1 <= count <= len(openings):
        message = f"count is {count}; it must be from 1 to {len(openings)}, the openings there are"
        raise InvalidValueError(message)
    draw = random.Random(seed)  # noqa: S311 - a draw to repeat, no secret
    chosen = draw.sample(list(openings), count)
    return tuple(
        _story(number, opening, draw.sample(WORDS, ASKED), backend, tokenizer)
        for number, opening in enumerate(chosen)
    )


def _story(
    number: int, opening: str, words: list[str], backend: ModelBackend, tokenizer: Tokenizer
) -> SearchItem:
    ids = Prompt(opening).encoded(tokenizer)
    verifier = Demands.of(words)
    return SearchItem(number, ", ".join(words), opening, ids, verifier, backend, tokenizer)

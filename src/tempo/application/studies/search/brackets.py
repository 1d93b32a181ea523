"""Texts of brackets that must balance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.studies.search.item import SearchItem
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.domain.ports.model_backend import ModelBackend
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.ports.verifier import Attempt

OPENING = "("
"""The prompt: the bracket that stands open at first."""

PAIRS = 5
"""So many pairs a text must have at least, the prompt's bracket among them."""

SHORT_OF_IT = 0.9
"""The most that a text may be worth which is not as asked."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """1 for a text that has ended, balances and has enough pairs; else the share that matches.

    Attributes:
        pairs: how many are enough.
    """

    pairs: int = PAIRS

    def value(self, attempt: Attempt) -> float:
        """Return how far the prompt's bracket and the text are from balance, in [0, 1]."""
        matched, brackets = matches(OPENING + attempt.text)
        if attempt.finished and 2 * matched == brackets and matched >= self.pairs:
            return 1.0
        enough = min(1.0, matched / self.pairs)
        return SHORT_OF_IT * enough * 2 * matched / brackets


def matches(text: str) -> tuple[int, int]:
    """Return how many pairs of a text match, and how many brackets it has."""
    standing = matched = brackets = 0
    for letter in text:
        if letter == "(":
            standing, brackets = standing + 1, brackets + 1
        elif letter == ")":
            brackets += 1
            if standing:
                standing, matched = standing - 1, matched + 1
    return matched, brackets


def bracket_texts(
    count: int, seed: int, model: Callable[[int], tuple[ModelBackend, Tokenizer]]
) -> tuple[SearchItem, ...]:
    """Return so many tasks, each over a model of its own, which `model` makes of a seed.

    Raises:
        InvalidValueError: for a count under 1.
    """
    if count < 1:
        message = f"count is {count}; it must be 1 or more"
        raise InvalidValueError(message)
    return tuple(_task(number, *model(seed + number)) for number in range(count))


def _task(number: int, backend: ModelBackend, tokenizer: Tokenizer) -> SearchItem:
    ids = tokenizer.encode(OPENING)
    asked = f"{PAIRS} pairs that balance"
    return SearchItem(number, asked, OPENING, ids, Balanced(), backend, tokenizer)

"""Stories with a fact at the beginning that is asked for at the end, a window's length later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.consolidation.passages import beginning
from tempo.application.studies.tasks.drawing import Draw
from tempo.application.studies.tasks.next_sentence import next_sentence
from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.consolidation.ledger import IntArray
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId

BEHIND = 80
"""Tokens that the fact and its question may take beside the stories in between."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact in a form of words.

    Attributes:
        told: how it is told, twice, with {} for the answer.
        asked: the text up to where the answer is to be said again.
        blank: what parts the answer from it.
        choices: the answers that there might be; the stories in between name none.
    """

    told: str
    asked: str
    blank: str
    choices: tuple[str, ...]


FACTS = (
    Fact(
        "Once there was a little {0}. The little {0} lived near the river.",
        "One day, the little",
        " ",
        ("dog", "cat", "bird", "rabbit", "fox", "bear"),
    ),
    Fact(
        'The magic word was "{0}". You had to say "{0}" to open the door.',
        'The magic word was "',
        "",
        ("red", "blue", "green", "yellow", "pink", "white"),
    ),
)
"""Forms of words that a small story model can answer when it sees the whole text."""


@dataclass(frozen=True, slots=True, eq=False)
class PlantedFacts:
    """Texts that end where a word told long before is to be said again.

    Attributes:
        tokens: [text, token], all of the same length.
        choices: [text, choice] the first token of each answer that there might be.
        answers: [text] which of the choices is right.
    """

    tokens: IntArray
    choices: IntArray
    answers: IntArray


def planted_facts(tokenizer: Tokenizer, count: int, between: int, seed: int) -> PlantedFacts:
    """Return so many texts with a fact that `between` tokens or more part from its question.

    Raises:
        InvalidValueError: if two answers begin with the same token in this vocabulary.
    """
    draw = Draw(seed)
    length = between + BEHIND
    kinds = [FACTS[number % len(FACTS)] for number in range(count)]
    choices = {fact: _first_tokens(tokenizer, fact) for fact in set(kinds)}
    found = [_planted(tokenizer, draw, fact, (between, length)) for fact in kinds]
    most = len(FACTS[0].choices)
    return PlantedFacts(
        np.array([tokens for tokens, _ in found], dtype=np.int64).reshape(count, length),
        np.array([choices[fact] for fact in kinds], dtype=np.int64).reshape(count, most),
        np.array([answer for _, answer in found], dtype=np.int64),
    )


def _planted(
    tokenizer: Tokenizer, draw: Draw, fact: Fact, lengths: tuple[int, int]
) -> tuple[Sequence[TokenId], int]:
    """Return a text's tokens and its answer; stories before the fact fill it up to its length."""
    between, length = lengths
    begin = beginning(tokenizer)
    answer = draw.number(0, len(fact.choices) - 1)
    stories = ""
    while len(tokenizer.encode(stories)) < between + len(begin):
        stories += f" {_story(draw)}"
    text = f"{fact.told.format(fact.choices[answer])}{stories} {fact.asked}"
    if len(tokenizer.encode(text)) > length:
        message = (
            f"a planted fact takes more than {length} tokens in this vocabulary; "
            "measure without facts"
        )
        raise InvalidValueError(message)
    while len(tokenizer.encode(text)) < length:
        text = f"{_story(draw)} {text}"
    whole = tokenizer.encode(text)
    return (*begin, *whole[len(whole) - length + len(begin) :]), answer


def _story(draw: Draw) -> str:
    item = next_sentence(draw)
    return item.prompt + item.references[0]


def _first_tokens(tokenizer: Tokenizer, fact: Fact) -> tuple[TokenId, ...]:
    before = tokenizer.encode(fact.asked)
    whole = [tokenizer.encode(f"{fact.asked}{fact.blank}{choice}") for choice in fact.choices]
    joined = all(tokens[: len(before)] == before for tokens in whole)
    first = tuple(tokens[len(before)] for tokens in whole) if joined else ()
    if len(set(first)) < len(fact.choices):
        message = (
            f"the answers to {fact.asked!r} cannot be told apart by their first token in this "
            "vocabulary; measure without facts"
        )
        raise InvalidValueError(message)
    return first

"""Passages of equal length to be read: cut from texts, or from stories that the project makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.application.studies.tasks.ambiguity import ambiguity
from tempo.application.studies.tasks.cloze import cloze
from tempo.application.studies.tasks.drawing import Draw
from tempo.application.studies.tasks.next_sentence import next_sentence
from tempo.domain.errors import InvalidValueError
from tempo.domain.lattice import SEEDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.application.studies.consolidation.ledger import IntArray
    from tempo.domain.ports.tokenizer import Tokenizer
    from tempo.domain.tokens import TokenId

LEAST = 2
"""Fewer passages have no interval."""

CHARACTERS = 8
"""A made text has so many for each token that is wanted, more than a token usually spells."""


def made_texts(count: int, length: int, seed: int) -> tuple[str, ...]:
    """Return texts of the project's own task stories, one after another, each about so long.

    Args:
        count: how many.
        length: how many tokens each should have, at least for a usual tokenizer.
        seed: of the draws.
    """
    draw = Draw(seed)
    return tuple(_made(draw, CHARACTERS * length) for _ in range(count))


def _made(draw: Draw, characters: int) -> str:
    stories: list[str] = []
    while sum(map(len, stories)) < characters:
        item = draw.one((ambiguity, cloze, next_sentence))(draw)
        stories.append(item.prompt + item.references[0].rstrip(".") + ".")
    return " ".join(stories)


def beginning(tokenizer: Tokenizer) -> tuple[TokenId, ...]:
    """Return what a tokenizer puts before every text: a begin token, or nothing."""
    one, other = tokenizer.encode("a"), tokenizer.encode("b")
    return one[:1] if one[:1] == other[:1] else ()


def passages(
    texts: Sequence[str], tokenizer: Tokenizer, length: int, pieces: int
) -> tuple[tuple[TokenId, ...], ...]:
    """Cut texts into pieces of so many tokens, from the start on; what is left over is dropped.

    Every piece begins as a text does, with the begin token where the tokenizer has one.

    Args:
        texts: what is cut.
        tokenizer: the model's.
        length: of a piece, with its begin token.
        pieces: of one text at most.

    Raises:
        InvalidValueError: for fewer than one piece.
    """
    if pieces < 1:
        message = f"pieces is {pieces}; it must be 1 or more"
        raise InvalidValueError(message)
    begin = beginning(tokenizer)
    size = length - len(begin)
    found = []
    for text in texts:
        tokens = tokenizer.encode(text)[len(begin) :]
        whole = min(pieces, len(tokens) // size)
        found += [(*begin, *tokens[at * size : (at + 1) * size]) for at in range(whole)]
    return tuple(found)


def drawn(found: Sequence[Sequence[TokenId]], count: int, seed: int) -> IntArray:
    """Return so many of the passages [passage, token] at random.

    Raises:
        InvalidValueError: for fewer than two, or more than there are.
    """
    if count < LEAST:
        message = f"count is {count}; it must be {LEAST} or more, since an interval needs two"
        raise InvalidValueError(message)
    if count > len(found):
        message = (
            f"count is {count} and the texts give {len(found)} passages of that length; "
            "give more or longer texts, a smaller length or a smaller count"
        )
        raise InvalidValueError(message)
    order = np.random.default_rng(seed % SEEDS).permutation(len(found))[:count]
    return np.array([found[place] for place in order], dtype=np.int64)

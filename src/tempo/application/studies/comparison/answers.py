"""Whether a text gives one of a prompt's known answers."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ARTICLES = re.compile(r"\b(a|an|the)\b")
_UNPUNCTUATED = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Return a text as SQuAD's evaluation compares it (arXiv 1606.05250).

    Lower case, without ASCII punctuation, without the articles a, an and the, and with one space
    between words.
    """
    bare = text.lower().translate(_UNPUNCTUATED)
    return " ".join(ARTICLES.sub(" ", bare).split())


def gives(text: str, references: Sequence[str], *, whole: bool) -> bool:
    """Whether a text is one of the references or, unless `whole`, begins with one.

    Letter by letter, but for white space around. A beginning ends where a word ends: `park` is the
    beginning of `park. Lily`, not of `parking`. An empty reference is the empty text alone.
    """
    said = text.strip()
    return any(_is(said, reference.strip(), whole=whole) for reference in references)


def gives_normalised(text: str, references: Sequence[str], *, whole: bool) -> bool:
    """Whether it does as it is, or after both are normalised.

    Normalising alone would lose some: `park.Lily` becomes one word, and `The` none.
    """
    said = normalised(text)
    return gives(text, references, whole=whole) or any(
        _is(said, normalised(reference), whole=whole) for reference in references
    )


def _is(said: str, reference: str, *, whole: bool) -> bool:
    if said == reference:
        return True
    if whole or not reference or not said.startswith(reference):
        return False
    return not (_in_word(reference[-1]) and _in_word(said[len(reference)]))


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_"

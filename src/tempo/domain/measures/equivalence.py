"""When two texts count as the same answer, unless the user knows better."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

Equivalence = Callable[[str, str], bool]
"""Whether two texts mean the same: for instance, whether each entails the other."""

PUNCTUATION = frozenset({"Po", "Pd", "Ps", "Pe", "Pi", "Pf"})
"""Unicode's categories of punctuation, but for the connector `_`, which stands inside names."""

TELLING = frozenset("%‰#@&*/\\")
"""What Unicode calls punctuation and readers do not."""


def same_words(first: str, second: str) -> bool:
    """Whether two texts differ at most in case, white space and punctuation.

    A mark before a digit counts, as in -5 and 3.14. Texts of nothing but punctuation are compared
    as they are.
    """
    return _words(first) == _words(second)


def _words(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = "".join(
        character
        for character, following in zip(folded, (folded + " ")[1:], strict=True)
        if following.isdigit() or not _is_punctuation(character)
    )
    return " ".join(kept.split()) or folded.strip()


def _is_punctuation(character: str) -> bool:
    return unicodedata.category(character) in PUNCTUATION and character not in TELLING

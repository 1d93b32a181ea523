"""A verifier made of demands: words and patterns that a text is to hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.verifier import Attempt


@dataclass(frozen=True, slots=True)
class Demands:
    """The share of the demands that a text meets.

    Attributes:
        patterns: regular expressions, at least one; a text meets one that is found in it.
    """

    patterns: tuple[re.Pattern[str], ...]

    def __post_init__(self) -> None:
        if not self.patterns:
            message = "a text was to be verified by no demand; name a word or a pattern"
            raise InvalidValueError(message)

    @classmethod
    def of(cls, words: Sequence[str] = (), patterns: Sequence[str] = ()) -> Demands:
        """Demand words, whole and in any case, and Python's regular expressions.

        Raises:
            InvalidValueError: for an empty word, or what is no regular expression.
        """
        return cls((*map(_whole_word, words), *map(_compiled, patterns)))

    def value(self, attempt: Attempt) -> float:
        """Return the share of the demands that are met, in [0, 1]."""
        met = sum(pattern.search(attempt.text) is not None for pattern in self.patterns)
        return met / len(self.patterns)


def _whole_word(word: str) -> re.Pattern[str]:
    if not word.strip():
        message = f"mcts_words holds {word!r}; each word must have a letter"
        raise InvalidValueError(message)
    return re.compile(rf"(?<!\w){re.escape(word.strip())}(?!\w)", re.IGNORECASE)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        message = (
            f"mcts_pattern holds {pattern!r}, which is no regular expression ({error}); "
            "give one as Python's re module reads it"
        )
        raise InvalidValueError(message) from None

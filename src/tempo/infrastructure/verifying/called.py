"""A function of the user's as a verifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tempo.domain.ports.verifier import Attempt


@dataclass(frozen=True, slots=True)
class Called:
    """Values a text by calling a function with it.

    Attributes:
        function: takes the text, and returns from 0 for the worst to 1 for the best.
    """

    function: Callable[[str], float]

    @classmethod
    def of(cls, given: object) -> Called:
        """Take what a user gave.

        Raises:
            InvalidValueError: for what cannot be called.
        """
        if callable(given):
            return cls(given)
        message = (
            f"verifier is {given!r}; give a function that takes a text and returns a value from 0 "
            "to 1"
        )
        raise InvalidValueError(message)

    def value(self, attempt: Attempt) -> float:
        """Return what the function says of the text; what it raises is the caller's to count."""
        return self.function(attempt.text)

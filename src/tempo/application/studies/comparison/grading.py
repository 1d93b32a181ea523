"""What a second model makes of texts that another one wrote."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Grade:
    """One text under a grader.

    Attributes:
        log_probability: of all its tokens behind the prompt, in nats, at most 0.
        tokens: how many they are, in the grader's own vocabulary; 0 for an empty text.
    """

    log_probability: float
    tokens: int


class Grader(Protocol):
    """A model that judges texts; it may have another vocabulary than the one that wrote them."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def grade(self, prompt: str, texts: Sequence[str]) -> list[Grade]:
        """Return the grade of each text as a continuation of the prompt, in their order.

        Prompt and text are read as one; the tokens that hold any of the text are scored. An end
        token is no part of a text.

        Raises:
            PromptError: for a prompt that does not fit the grader's context with its texts.
        """
        ...

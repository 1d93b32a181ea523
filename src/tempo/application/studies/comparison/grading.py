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

        Prompt and text are read as one, in the grader's tokens; those behind what the prompt alone
        begins with are scored. So a token that holds the prompt's end and the text's beginning
        is scored too. An end token is no part of a text.

        Raises:
            PromptError: for a prompt that does not fit the grader's context with a text.
            ModelError: if the grader gives a text no finite log-probability.
        """
        ...

"""From what a user typed to the prompt's tokens."""

from __future__ import annotations

import operator
import reprlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import ContradictionError, PromptError
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.ports.tokenizer import Tokenizer

THINKING = "Enable deep thinking subroutine."
"""The system message that switches the thinking mode of the Cogito models on."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as a user gives it.

    Attributes:
        text: what to continue, or what the user says in a chat.
        system: the system prompt; naming one makes the prompt a chat.
        chat: whether the text is a turn of a chat, put into the model's chat template.
        enable_thinking: whether the system prompt starts with the thinking mode's message.
    """

    text: str
    system: str | None = None
    chat: bool = False
    enable_thinking: bool = False

    def __post_init__(self) -> None:
        if not self.text.strip():
            message = "the prompt is empty; give it some text"
            raise PromptError(message)
        for part in (self.text, self.system or ""):
            _require_utf8(part)

    @property
    def is_chat(self) -> bool:
        """Whether the model's chat template is used."""
        return self.chat or self.enable_thinking or self.system is not None

    @property
    def messages(self) -> tuple[tuple[str, str], ...]:
        """(role, text) of each turn."""
        system = "\n\n".join(
            part for part in (THINKING * self.enable_thinking, self.system or "") if part
        )
        turn = ("user", self.text)
        return (("system", system), turn) if system else (turn,)

    def encoded(self, tokenizer: Tokenizer) -> tuple[TokenId, ...]:
        """Return the prompt's tokens.

        Raises:
            InvalidValueError: for a chat with a model that has no chat template.
        """
        if self.is_chat:
            return tokenizer.encode_chat(self.messages)
        return tokenizer.encode(self.text)


def _require_utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"the prompt is not UTF-8 text: {error.reason} at character {error.start}"
        raise PromptError(message) from error


def checked_ids(tokens: Sequence[int], vocabulary: int) -> tuple[TokenId, ...]:
    """Return a prompt given as tokens.

    Raises:
        PromptError: for what holds no tokens, or one outside the vocabulary.
    """
    ids = _whole_numbers(tokens)
    strangers = [token for token in ids if not 0 <= token < vocabulary]
    if not ids or strangers:
        named = f"token {strangers[0]}" if strangers else "no token"
        message = f"the prompt holds {named}; give tokens from 0 to {vocabulary - 1}"
        raise PromptError(message)
    return ids


def encoded(
    prompt: Prompt | Sequence[int], tokenizer: Tokenizer, vocabulary: int
) -> tuple[tuple[TokenId, ...], str | None]:
    """Return a prompt's tokens, and its text where it is one.

    Raises:
        InvalidValueError: for a chat without a template, or tokens outside the vocabulary.
    """
    if isinstance(prompt, Prompt):
        return prompt.encoded(tokenizer), prompt.text
    return checked_ids(prompt, vocabulary), None


def _whole_numbers(tokens: object) -> tuple[TokenId, ...]:
    """Return tokens as plain integers; bytes are text that someone forgot to decode."""
    try:
        if not isinstance(tokens, (bytes, bytearray)):
            return tuple(TokenId(operator.index(token)) for token in tokens)  # type: ignore[attr-defined]
    except TypeError:
        pass
    message = f"the prompt is {reprlib.repr(tokens)}; give text, or a sequence of token ids"
    if isinstance(tokens, (list, tuple)) and tokens and all(isinstance(one, str) for one in tokens):
        message += ", or several prompts to generate_many"
    raise PromptError(message)


def asked_prompt(
    prompt: str | Sequence[int],
    system: str | None,
    chat: bool,  # noqa: FBT001 - named in the public signatures
    enable_thinking: bool,  # noqa: FBT001
) -> Prompt | Sequence[int]:
    """Return what was asked: a text with the chat that it is part of, or tokens as they are.

    Raises:
        PromptError: for an empty text.
        ContradictionError: for tokens beside an option of chats.
    """
    if isinstance(prompt, str):
        return Prompt(prompt, system, chat, enable_thinking)
    if system is not None or chat or enable_thinking:
        message = "a prompt given as tokens is no chat; leave out system, chat and enable_thinking"
        raise ContradictionError(message)
    return prompt

"""Text to tokens, and tokens to bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.tokens import TokenId


class Tokenizer(Protocol):
    """A vocabulary whose tokens are bytes."""

    @property
    def end_tokens(self) -> frozenset[TokenId]:
        """The tokens that end a text."""
        ...

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that a tokenizer of another vocabulary does not have."""
        ...

    def encode(self, text: str) -> tuple[TokenId, ...]:
        """Return a prompt's tokens, with the begin token where the model expects one."""
        ...

    def encode_chat(self, messages: Sequence[tuple[str, str]]) -> tuple[TokenId, ...]:
        """Return the tokens of (role, text) turns and of the header of the assistant's turn.

        Raises:
            InvalidValueError: if the model has no chat template.
        """
        ...

    def content(self, token_id: TokenId) -> bytes:
        """Return a token's bytes; special tokens have none."""
        ...

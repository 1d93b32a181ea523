"""A vocabulary without texts, for callers who hold tokens alone: each is called by its number."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tempo.domain.tokens import TokenId

NO_VOCABULARY = hashlib.sha256().hexdigest()


class BareTokenizer:
    """Knows the end tokens and nothing else; token 7 is `<7>`, so that no two texts are alike."""

    def __init__(self, end_tokens: Iterable[TokenId]) -> None:
        """Take a model's end tokens."""
        self._end_tokens = frozenset(end_tokens)

    @property
    def end_tokens(self) -> frozenset[TokenId]:
        """The tokens that end a text."""
        return self._end_tokens

    @property
    def fingerprint(self) -> str:
        """The same for all: there is no vocabulary."""
        return NO_VOCABULARY

    def encode(self, text: str) -> tuple[TokenId, ...]:
        """Refuse: there is no vocabulary.

        Raises:
            InvalidValueError: always.
        """
        message = f"{text[:20]!r} cannot be encoded without a tokenizer; pass tokenizer=..."
        raise InvalidValueError(message)

    def encode_chat(self, messages: Sequence[tuple[str, str]]) -> tuple[TokenId, ...]:
        """Refuse: there is no vocabulary.

        Raises:
            InvalidValueError: always.
        """
        return self.encode(messages[0][1])

    def content(self, token_id: TokenId) -> bytes:
        """Return a token's number in angle brackets; end tokens have no bytes."""
        return b"" if token_id in self._end_tokens else f"<{token_id}>".encode()

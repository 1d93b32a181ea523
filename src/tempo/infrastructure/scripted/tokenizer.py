"""The scripted model's vocabulary as a tokenizer."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.script import END

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.infrastructure.scripted.script import Script


class ScriptedTokenizer:
    """Splits text greedily into the longest tokens of a script's vocabulary."""

    def __init__(self, script: Script) -> None:
        """Take a script's vocabulary."""
        self._vocabulary = script.vocabulary

    @property
    def end_tokens(self) -> frozenset[TokenId]:
        """The script's end token."""
        return frozenset({TokenId(self._vocabulary.index(END))})

    @property
    def fingerprint(self) -> str:
        """A digest of the vocabulary."""
        return hashlib.sha256(repr(self._vocabulary).encode()).hexdigest()

    def encode(self, text: str) -> tuple[TokenId, ...]:
        """Return the tokens of a text.

        Raises:
            InvalidValueError: if some part of the text is no token.
        """
        tokens: list[TokenId] = []
        while text:
            fitting = [name for name in self._vocabulary if name != END and text.startswith(name)]
            if not fitting:
                message = f"{text[:20]!r} starts with no token of this script"
                raise InvalidValueError(message)
            longest = max(fitting, key=len)
            tokens.append(TokenId(self._vocabulary.index(longest)))
            text = text[len(longest) :]
        return tuple(tokens)

    def encode_chat(self, messages: Sequence[tuple[str, str]]) -> tuple[TokenId, ...]:
        """Refuse: a script has no chat template.

        Raises:
            InvalidValueError: always.
        """
        message = f"a scripted model has no chat template for {len(messages)} messages"
        raise InvalidValueError(message)

    def content(self, token_id: TokenId) -> bytes:
        """Return a token's bytes; the end token has none."""
        name = self._vocabulary[token_id]
        return b"" if name == END else name.encode()

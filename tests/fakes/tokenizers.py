"""A tokenizer whose tokens are any bytes."""

import hashlib
from dataclasses import dataclass

from tempo.domain.tokens import TokenId


@dataclass
class ByteTokenizer:
    """Token `i` has the bytes `contents[i]`; token 0 ends a text and has none."""

    contents: tuple[bytes, ...]

    @property
    def end_tokens(self):
        return frozenset({TokenId(0)})

    @property
    def fingerprint(self):
        return hashlib.sha256(repr(self.contents).encode()).hexdigest()

    def content(self, token_id):
        return self.contents[token_id]

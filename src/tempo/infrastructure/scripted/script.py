"""Conditional probabilities, written down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import TokenId

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tempo.domain.proposal import FloatArray

END = "<end>"
"""The end token's name in every script's vocabulary."""

ROUNDING = 1e-9

Context = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """What follows what.

    Attributes:
        vocabulary: every token's text; the end token is `END`.
        table: probabilities [v] of the next token after each context; the longest context that the
            tokens so far end with holds.
        order: length of the longest context.
    """

    vocabulary: tuple[str, ...]
    table: Mapping[tuple[TokenId, ...], FloatArray]
    order: int

    @classmethod
    def of(cls, conditionals: Mapping[Context | str, Mapping[str, float]]) -> Self:
        """Write a script down: `{"": {"a": 0.6, "b": 0.4}, ("a", "b"): {END: 1.0}}`.

        A context is a tuple of tokens, or one token by itself, or "" for any; it must be there.

        Raises:
            InvalidValueError: if no context is empty or probabilities do not sum to 1.
        """
        contexts = {_context(key): row for key, row in conditionals.items()}
        names = {name for row in contexts.values() for name in row}
        names |= {name for context in contexts for name in context}
        vocabulary = (END, *sorted(names - {END}))
        ids = {name: TokenId(index) for index, name in enumerate(vocabulary)}
        table = {
            tuple(ids[name] for name in context): _row(context, row, ids)
            for context, row in contexts.items()
        }
        if () not in table:
            message = 'a script needs the context "" for what none of its contexts matches'
            raise InvalidValueError(message)
        return cls(vocabulary, table, max(map(len, table)))

    @classmethod
    def random(cls, seed: int, tokens: int = 5, order: int = 2, sharpness: float = 1.0) -> Self:
        """Draw a script: every context of up to `order` tokens has its own distribution."""
        rng = np.random.default_rng(seed)
        vocabulary = (END, *(f" {chr(ord('a') + index)}" for index in range(tokens)))
        size = len(vocabulary)
        table: dict[tuple[TokenId, ...], FloatArray] = {}
        contexts: list[tuple[TokenId, ...]] = [()]
        for _ in range(order + 1):
            for context in contexts:
                weights = np.exp(sharpness * rng.normal(size=size))
                weights[0] *= 0.1
                table[context] = weights / weights.sum()
            contexts = [
                (TokenId(token), *context) for context in contexts for token in range(1, size)
            ]
        return cls(vocabulary, table, order)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that a script of other answers does not have."""
        digest = hashlib.sha256(repr((self.vocabulary, self.order)).encode())
        for context in sorted(self.table):
            digest.update(repr((context, self.table[context].tolist())).encode())
        return digest.hexdigest()

    def next(self, tokens: Sequence[TokenId]) -> FloatArray:
        """Return [v] the probabilities of the next token after `tokens`."""
        for length in range(min(self.order, len(tokens)), -1, -1):
            found = self.table.get(tuple(tokens[len(tokens) - length :]))
            if found is not None:
                return found
        message = "a script without the empty context cannot answer"
        raise InvalidValueError(message)


def _context(key: Context | str) -> Context:
    if isinstance(key, str):
        return (key,) if key else ()
    return key


def _row(context: Context, row: Mapping[str, float], ids: Mapping[str, TokenId]) -> FloatArray:
    values = np.zeros(len(ids))
    for name, probability in row.items():
        values[ids[name]] = probability
    if abs(values.sum() - 1.0) > ROUNDING or values.min() < 0.0:
        message = f"probabilities after {context} are {dict(row)}; they must sum to 1"
        raise InvalidValueError(message)
    return values

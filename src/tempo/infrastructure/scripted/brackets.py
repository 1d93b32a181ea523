"""Scripts that write brackets and cannot count them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tempo.domain.tokens import TokenId
from tempo.infrastructure.scripted.backend import ScriptedBackend
from tempo.infrastructure.scripted.script import END, Script
from tempo.infrastructure.scripted.tokenizer import ScriptedTokenizer

if TYPE_CHECKING:
    from tempo.domain.proposal import FloatArray

VOCABULARY = (END, "(", ")", "a")
SHARES = (1.0, 3.0, 2.0, 2.0)
"""Of each token, on average; the end is rarest, and brackets open more often than they close."""

ORDER = 2
"""Tokens that a script remembers: too few to know how many brackets stand open."""


def bracket_model(seed: int) -> tuple[ScriptedBackend, ScriptedTokenizer]:
    """Draw a script: after each two tokens it has its own probabilities (Dirichlet)."""
    random = np.random.default_rng(seed)
    contexts: list[tuple[TokenId, ...]] = [()]
    table: dict[tuple[TokenId, ...], FloatArray] = {}
    for _ in range(ORDER + 1):
        table |= {context: random.dirichlet(SHARES) for context in contexts}
        contexts = [
            (TokenId(token), *context)
            for context in contexts
            for token in range(1, len(VOCABULARY))
        ]
    script = Script(VOCABULARY, table, ORDER)
    return ScriptedBackend(script), ScriptedTokenizer(script)

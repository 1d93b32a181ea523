"""Interpolated n-gram frequencies of a corpus of token sequences."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

WEIGHTS = {2: 0.01, 3: 0.04, 4: 0.15, 5: 0.18, 6: 0.12}
"""By order, what its frequencies count (arXiv 2405.18400, appendix B)."""


class NGrams:
    """How often tokens follow the last one to five tokens, orders 2 to 6 weighed together."""

    def __init__(self, corpus: Iterable[Sequence[int]]) -> None:
        """Count the n-grams of each sequence."""
        self._following: dict[tuple[int, ...], Counter[int]] = defaultdict(Counter)
        for sequence in corpus:
            for order in WEIGHTS:
                for end in range(order - 1, len(sequence)):
                    self._following[tuple(sequence[end - order + 1 : end])][sequence[end]] += 1

    def probabilities(self, context: Sequence[int]) -> dict[int, float]:
        """Return every token seen behind the context's end with its weighted frequency.

        Orders whose context was never seen add nothing; the numbers sum to at most the sum of the
        weights.
        """
        found: dict[int, float] = defaultdict(float)
        for order, weight in WEIGHTS.items():
            if len(context) < order - 1:
                continue
            following = self._following.get(tuple(context[len(context) - order + 1 :]))
            if following is None:
                continue
            total = following.total()
            for token, count in following.items():
                found[token] += weight * count / total
        return dict(found)

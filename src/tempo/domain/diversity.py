"""Which texts to show when they should differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.tokens import TokenId

PAIR = 2


def overlap(one: Sequence[TokenId], other: Sequence[TokenId]) -> float:
    """Return the share, in [0, 1], of a text's pairs of neighbouring tokens that another holds.

    Pairs rather than positions, so that a word more at the beginning does not make two texts
    strangers. A text of one token is compared as that token.
    """
    size = min(PAIR, len(one))
    mine = {tuple(one[start : start + size]) for start in range(len(one) - size + 1)}
    theirs = {tuple(other[start : start + size]) for start in range(len(other) - size + 1)}
    return len(mine & theirs) / len(mine)


def diverse_order(
    scores: Sequence[float], texts: Sequence[Sequence[TokenId]], count: int, penalty: float
) -> list[int]:
    """Return up to `count` texts by index, chosen one after another.

    The next one is that of the highest score minus `penalty` times its largest overlap with those
    chosen before: maximal marginal relevance (Carbonell and Goldstein, 1998). `texts` are not
    empty; equal ones go to the lower index; penalty 0 is the order of the scores.
    """
    left = list(range(len(scores)))
    shared = [0.0] * len(scores)
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda index: (scores[index] - penalty * shared[index], -index))
        left.remove(best)
        chosen.append(best)
        if penalty:
            for index in left:
                shared[index] = max(shared[index], overlap(texts[index], texts[best]))
    return chosen

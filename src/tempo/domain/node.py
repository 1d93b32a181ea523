"""One physical token to feed, and what its row sees."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tempo.domain.errors import InvalidValueError
from tempo.domain.tokens import Slot, TokenId

Weights = tuple[tuple[Slot, float], ...]
"""Attention weights by slot: 1 sees it fully, 0 not at all; the bias is the logarithm."""


@dataclass(frozen=True, slots=True)
class Node:
    """One physical token of a pass (design section 3).

    Its row sees the whole prompt and itself at weight 1. Of every other slot it sees the weighted
    mean of what the rows in `inherits` saw (each of them counts as having seen itself at weight
    1), and then `weights` overrides the slots that it names.

    Attributes:
        token_id: the token.
        position: its RoPE position, 0-based.
        slot: its name; slots grow within a session.
        parent: the best parent, None for a child of the prompt; processors follow this chain.
        inherits: rows of the session's last pass, or earlier nodes of the same pass, with weights
            at least 0; empty inherits nothing.
        weights: slots, siblings of the same pass among them, with weights at least 0.
    """

    token_id: TokenId
    position: int
    slot: Slot
    parent: Slot | None = None
    inherits: Weights = ()
    weights: Weights = ()

    def __post_init__(self) -> None:
        if self.position < 0:
            message = f"a node has position {self.position}; positions start at 0"
            raise InvalidValueError(message)


def behind(node: Node, first: int, count: int) -> Node:
    """Return a node that sees `count` slots from `first` on in full, and has no parent.

    That is how a path goes on from rows that are in the cache, but not of the last pass.
    """
    seen = tuple((Slot(slot), 1.0) for slot in range(first, first + count))
    return replace(node, parent=None, inherits=(), weights=seen)

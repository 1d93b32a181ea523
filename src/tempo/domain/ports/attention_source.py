"""Attention and hidden states: a second, narrow view of a session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot, TokenId


def _nothing() -> FloatArray:
    return np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class RowTraits:
    """What was captured of the last pass's `k` rows; empty where it was not asked for.

    Attributes:
        attention: [k] the largest attention that a row gave one earlier token, mean over the heads
            of the last layer, in [0, 1]; tokens of the same pass are not earlier.
        focus: [k] 1 - H / log L, with H the entropy in nats of the row's attention, mean over the
            heads of the last three layers, to the L earlier tokens that it sees, renormalised; in
            [0, 1], 1 where L is at most 1.
        distances: [k, k] Euclidean distances between the rows' final hidden states, those that
            the model's head reads.
    """

    attention: FloatArray = field(default_factory=_nothing)
    focus: FloatArray = field(default_factory=_nothing)
    distances: FloatArray = field(default_factory=_nothing)


class AttentionSource(Protocol):
    """A session that tells what its last pass attended to (opened with a `Capture`).

    Each verb copies to the host once. Every verb raises `SessionError` after the session closed,
    and for what was not captured.
    """

    def received(self, slots: Sequence[Slot], weights: Sequence[float]) -> FloatArray:
        """Return [entries, slots]: attention mass that the last pass gave each slot.

        Entries are those of `Capture.received`; `weights` [k] weigh the rows and sum to 1. Mean
        over heads, layers weighted; each value is in [0, 1]. A slot of the last pass itself
        counts too, as its own row and its siblings' see it.

        Raises:
            SessionError: for a slot that is not in the cache, or weights that are not for the rows.
        """
        ...

    def traits(self) -> RowTraits:
        """Return what was captured of the last pass's rows."""
        ...

    def similarity(self, tokens: Sequence[TokenId], context: Sequence[TokenId]) -> FloatArray:
        """Return [tokens] the cosine of each token's input embedding and the context's mean one.

        Needs no capture. Each value is in [-1, 1].

        Raises:
            SessionError: for no context.
        """
        ...

"""Attention received: a second, narrow view of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tempo.domain.proposal import FloatArray
    from tempo.domain.tokens import Slot


class AttentionSource(Protocol):
    """A session that can tell how much attention its last pass gave to earlier tokens."""

    def received(self, slots: Sequence[Slot]) -> FloatArray:
        """Return [layers, slots]: attention mass that the rows of the last pass gave each slot.

        Means over heads and rows; each value is in [0, 1].

        Raises:
            SessionError: for a slot that is not in the cache, or if nothing was captured.
        """
        ...

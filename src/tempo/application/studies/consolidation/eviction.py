"""Which tokens leave a full window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from tempo.application.studies.consolidation.ledger import BoolArray, FloatArray, Ledger


@dataclass(frozen=True, slots=True)
class ByAttention:
    """The one that received least leaves first."""

    def ranks(self, ledger: Ledger) -> FloatArray:
        """Return [document, slot] numbers of which the lowest leave."""
        return ledger.importance


@dataclass(frozen=True, slots=True)
class ByRecency:
    """The oldest leaves first: a sliding window."""

    def ranks(self, ledger: Ledger) -> FloatArray:
        """Return [document, slot] numbers of which the lowest leave."""
        return ledger.positions.astype(np.float64)


@dataclass(frozen=True, slots=True)
class AtRandom:
    """Any may leave, drawn anew each time; a document's draws do not depend on its neighbours.

    Attributes:
        seed: of the draws, 0 or more.
    """

    seed: int

    def ranks(self, ledger: Ledger) -> FloatArray:
        """Return [document, slot] numbers of which the lowest leave."""
        return np.stack(
            [
                np.random.default_rng([self.seed, document, ledger.fed]).random(ledger.live)
                for document in ledger.documents
            ]
        )


Eviction: TypeAlias = ByAttention | ByRecency | AtRandom


@dataclass(frozen=True, slots=True)
class Protection:
    """Tokens that never leave.

    A new token has received attention from one row alone, so that without recent ones protected
    it is the next to leave, and the window freezes on what came first.

    Attributes:
        first: so many positions at the start: attention sinks, or a prompt.
        recent: so many of the newest tokens.
    """

    first: int = 4
    recent: int = 0

    def __post_init__(self) -> None:
        for name in ("first", "recent"):
            if getattr(self, name) < 0:
                message = f"protected {name} tokens are {getattr(self, name)}; give 0 or more"
                raise InvalidValueError(message)

    def require_room(self, window: int, rows: int) -> None:
        """Refuse a window that the protected part and the rows of one pass would overflow.

        Raises:
            InvalidValueError: if the window is too small.
        """
        least = self.first + self.recent + rows
        if window < least:
            message = (
                f"window is {window}; it must be at least {least}: {self.first} first and "
                f"{self.recent} recent tokens are protected and {rows} are fed at once, so widen "
                "the window, protect fewer or feed fewer"
            )
            raise InvalidValueError(message)

    def leaving(self, ledger: Ledger, eviction: Eviction, count: int) -> BoolArray:
        """Return [document, slot] which leave: the `count` lowest that nothing protects.

        Of equals the older leaves.

        Raises:
            InvalidValueError: if fewer than `count` are unprotected.
        """
        open_to = ledger.positions >= self.first
        open_to[:, max(0, ledger.live - self.recent) :] = False
        fewest = int(open_to.sum(axis=1).min(initial=ledger.live))
        if fewest < count:
            message = f"{count} tokens are to leave and {fewest} are unprotected; protect fewer"
            raise InvalidValueError(message)
        ranks = np.where(open_to, eviction.ranks(ledger), np.inf)
        order = np.argsort(ranks, axis=1, kind="stable")[:, :count]
        leaving = np.zeros(ranks.shape, dtype=np.bool_)
        np.put_along_axis(leaving, order, values=True, axis=1)
        return leaving

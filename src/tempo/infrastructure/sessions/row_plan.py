"""Which rows of a cache are in use."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from tempo.domain.errors import SessionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

SMALLEST_CAPACITY = 64


class RowPlan:
    """Which rows of the cache are in use; all layers share one plan.

    Attributes:
        extent: one past the last row in use.
        rows: where the pass under way writes.
        index: the same on a device, for whom it helps, where they do not follow each other.
    """

    def __init__(self) -> None:
        """Start with no row in use."""
        self.extent = 0
        self.rows: list[int] = []
        self.index: Tensor | None = None
        self._free: list[int] = []

    @classmethod
    def of(cls, rows: int) -> RowPlan:
        """Return a plan whose first rows are in use."""
        plan = cls()
        plan.extent = rows
        return plan

    @property
    def live(self) -> int:
        """How many rows are in use."""
        return self.extent - len(self._free)

    @property
    def start(self) -> int | None:
        """The first row of the pass under way if its rows follow each other, else None."""
        first = self.rows[0]
        return first if self.rows == list(range(first, first + len(self.rows))) else None

    def allocate(self, count: int) -> list[int]:
        """Take rows for a pass: free ones first, lowest first, then fresh ones."""
        reused, self._free = self._free[:count], self._free[count:]
        fresh = list(range(self.extent, self.extent + count - len(reused)))
        self.rows = reused + fresh
        self.extent += len(fresh)
        self.index = None
        return self.rows

    def free(self, rows: Sequence[int]) -> None:
        """Give rows back.

        Raises:
            SessionError: for a row that is not in use.
        """
        for row in rows:
            if row >= self.extent or row in self._free:
                message = f"cache row {row} is not in use"
                raise SessionError(message)
            insort(self._free, row)

    @property
    def is_sparse(self) -> bool:
        """Whether less than half of a cache of some size is in use."""
        return self.extent > SMALLEST_CAPACITY and 2 * self.live < self.extent

    def compact(self) -> list[int]:
        """Move the rows in use to the front; return the old row of each new one."""
        gone = set(self._free)
        kept = [row for row in range(self.extent) if row not in gone]
        self.extent, self._free = len(kept), []
        return kept

    def copy(self) -> RowPlan:
        """Return an equal plan that changes by itself."""
        twin = RowPlan()
        twin.extent, twin._free = self.extent, list(self._free)
        return twin

"""What every live token has received so far: the importance that eviction goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Sequence

FloatArray: TypeAlias = npt.NDArray[np.float64]
IntArray: TypeAlias = npt.NDArray[np.int64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]

Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """The live tokens of several documents that are read in step, oldest first.

    Attributes:
        documents: a number for each document, which draws at random go by.
        positions: [document, slot] where each live token stands; survivors keep theirs.
        importance: [document, slot] attention received, earlier rows' decayed.
        fed: how many tokens of each document came so far; the next one's position.
    """

    documents: tuple[int, ...]
    positions: IntArray
    importance: FloatArray
    fed: int = 0

    def __post_init__(self) -> None:
        shape = self.positions.shape
        if shape != self.importance.shape or shape[:1] != (len(self.documents),):
            message = (
                f"positions are {shape} and importance {self.importance.shape}; both must be "
                f"documents x slots, for {len(self.documents)} documents"
            )
            raise InvalidValueError(message)

    @classmethod
    def empty(cls, documents: Sequence[int]) -> Ledger:
        """Return the ledger of documents of which nothing was fed."""
        shape = (len(documents), 0)
        return cls(tuple(documents), np.zeros(shape, dtype=np.int64), np.zeros(shape))

    @property
    def live(self) -> int:
        """How many tokens of each document are live."""
        return int(self.positions.shape[1])

    def received(self, attention: FloatArray, decay: float) -> Ledger:
        """Return the ledger after new rows: for each row, all is decayed once, then added to.

        Only what the new rows give counts; older rows gave theirs when they were new. Rows that
        come one at a time and rows that come together add up to the same.

        Args:
            attention: [document, row, slot + row] what each new row gives to the live tokens and
                to the new ones, as means over layers and heads.
            decay: what is left of the importance after each row, above 0 and at most 1.

        Raises:
            InvalidValueError: for attention of another shape.
        """
        rows = attention.shape[1]
        if attention.shape != (len(self.documents), rows, self.live + rows):
            message = (
                f"attention is {attention.shape}; it must be {len(self.documents)} documents x "
                f"rows x {self.live} live tokens and the rows"
            )
            raise InvalidValueError(message)
        new = np.broadcast_to(np.arange(self.fed, self.fed + rows), (len(self.documents), rows))
        before = np.pad(self.importance, ((0, 0), (0, rows)))
        left = decay ** np.arange(rows - 1, -1, -1.0)
        return Ledger(
            self.documents,
            np.concatenate([self.positions, new], axis=1),
            before * decay**rows + np.einsum("r,drs->ds", left, attention),
            self.fed + rows,
        )

    def without(self, leaving: BoolArray) -> Ledger:
        """Return the ledger of those that stay; as many leave in every document.

        Args:
            leaving: [document, slot].
        """
        return Ledger(
            self.documents,
            _kept(self.positions, ~leaving),
            _kept(self.importance, ~leaving),
            self.fed,
        )

    def positions_of(self, leaving: BoolArray) -> IntArray:
        """Return [document, leaving] the positions of those that leave."""
        return _kept(self.positions, leaving)

    def importance_of(self, leaving: BoolArray) -> FloatArray:
        """Return [document, leaving] the importance of those that leave."""
        return _kept(self.importance, leaving)


def _kept(values: npt.NDArray[Number], chosen: BoolArray) -> npt.NDArray[Number]:
    return values[chosen].reshape(len(values), -1)

"""What a session knows between two passes; sessions replace it and never change it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from tempo.infrastructure.capture.captured import NOTHING, Captured
from tempo.infrastructure.reading.attenuation import without_factors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from tempo.domain.tokens import Slot
    from tempo.infrastructure.reading.extraction import Rows


class Views(Protocol):
    """What the last pass's rows see of the cache."""

    @property
    def numbers(self) -> Mapping[Slot, int]:
        """The row that belongs to each slot of the last pass."""
        ...

    def without(self, rows: Sequence[int]) -> Self:
        """Return views that do not see some cache rows."""
        ...

    def gathered(self, kept: Sequence[int]) -> Self:
        """Return views over moved cache rows, given the old row of each new one."""
        ...


V = TypeVar("V", bound=Views)


@dataclass(frozen=True, slots=True, eq=False)
class Moment(Generic[V]):
    """The rows of the last pass, and how far the session had come.

    Attributes:
        next_slot: the lowest slot that the next node may have.
        views: what the rows see, before factors.
        rows: the rows' logits.
        captured: what was taken down of the pass.
        factors: of attenuated slots, on the weights that later rows give them.
        paths: the tokens of each row's best path, where some processor looks at them.
        released: how many slots were released before.
        moves: how many times the cache was compacted before.
    """

    next_slot: Slot
    views: V
    rows: Rows
    captured: Captured = NOTHING
    factors: Mapping[Slot, float] = field(default_factory=dict)
    paths: Mapping[Slot, npt.NDArray[np.int64]] = field(default_factory=dict)
    released: int = 0
    moves: int = 0

    def without(self, slots: Sequence[Slot], rows: Sequence[int]) -> Moment[V]:
        """Return the moment after slots left their cache rows.

        Written out: most steps ask for it, and `dataclasses.replace` takes five times as long.
        """
        return Moment(
            self.next_slot,
            self.views.without(rows),
            self.rows,
            self.captured,
            without_factors(self.factors, slots),
            self.paths,
            self.released + len(slots),
            self.moves,
        )

    def moved(self, kept: Sequence[int]) -> Self:
        """Return the moment over moved cache rows, given the old row of each new one."""
        return replace(self, views=self.views.gathered(kept), captured=self.captured.gathered(kept))

"""What can be drawn of a run."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGES = 12
"""Pages of one kind at most; a span of steps chooses others."""


class Kind(StrEnum):
    """A picture of a run."""

    SETS = "sets"
    ENTROPY = "entropy"
    THRESHOLD = "threshold"
    POSTERIORS = "posteriors"
    LATTICE = "lattice"
    ATTENTION = "attention"
    COST = "cost"

    @property
    def compares(self) -> bool:
        """Whether several runs stand in one picture."""
        return self in {Kind.SETS, Kind.ENTROPY, Kind.COST}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One picture.

    Attributes:
        name: of its file, without a suffix.
        figure: what is drawn.
    """

    name: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Drawing:
    """What came of drawing one kind.

    Attributes:
        sheets: the pictures, in order.
        note: one sentence on what is not drawn, and why; empty where all of it is.
    """

    sheets: tuple[Sheet, ...]
    note: str = ""

"""How the work of one pass is cut into programs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

WIDTHS = (1, 2, 4, 8, 16, 32)
"""Widths of a session's captured passes; a narrower one is filled up with rows nobody reads."""

ROWS = (*WIDTHS, 64, 128)
"""Rows of the captured passes that sessions share."""

SESSIONS = 32
"""Sessions that share a captured pass at most."""

SMALLEST_SPAN = 256
SMALLEST_TILE = 16


@dataclass(frozen=True, slots=True)
class Tile:
    """How a product is cut.

    Attributes:
        columns: outputs of one program.
        depth: inputs that it takes at once.
        splits: into how many parts the inputs are cut.
        warps: of one program.
        stages: of its pipeline of loads.
        early: rounds of 64 KiB of its weights that a program fetches before its inputs are there.
    """

    columns: int
    depth: int
    splits: int = 1
    warps: int = 4
    stages: int = 4
    early: int = 0

    def fitted(self, element: int) -> Tile:
        """Return the same for weights of so many bytes each, where it was chosen for two."""
        return replace(self, depth=max(SMALLEST_TILE, self.depth * 2 // element))


@dataclass(frozen=True, slots=True)
class Tiles:
    """The cut of every product and of attention.

    Attributes:
        attention_warps: of one program of attention.
        overlapped: whether a kernel starts before the one ahead of it has finished.
    """

    merged: Tile = field(default_factory=lambda: Tile(32, 128, 1, 2, 6))
    output: Tile = field(default_factory=lambda: Tile(32, 128, 4, 4, 6))
    gate_up: Tile = field(default_factory=lambda: Tile(32, 128, 1, 2, 6, early=1))
    down: Tile = field(default_factory=lambda: Tile(64, 128, 8, 4, 4, early=1))
    head: Tile = field(default_factory=lambda: Tile(64, 128))
    attention_warps: int = 4
    overlapped: bool = True

    def fitted(self, element: int) -> Tiles:
        """Return the same for weights of so many bytes each."""
        return replace(
            self,
            merged=self.merged.fitted(element),
            output=self.output.fitted(element),
            gate_up=self.gate_up.fitted(element),
            down=self.down.fitted(element),
            head=self.head.fitted(element),
        )


WIDE = Tiles(
    output=Tile(16, 128, 1, 2, 8, early=2),
    gate_up=Tile(64, 128, 1, 4, 5, early=2),
    down=Tile(32, 128, 2, 4, 6),
    head=Tile(128, 128, 1, 4, 3),
)
"""For 32 rows, where a part's sums are as large as a matrix's tile."""

SHARED = {
    64: Tiles(
        merged=Tile(64, 128, 1, 4, 5),
        output=Tile(64, 128, 2, 4, 5),
        gate_up=Tile(64, 64, 1, 4, 6, early=1),
        down=Tile(64, 128, 2, 4, 5),
        head=Tile(128, 128, 1, 4, 3),
    ),
    128: Tiles(
        merged=Tile(64, 64, 1, 4, 6),
        output=Tile(32, 64, 1, 4, 8),
        gate_up=Tile(64, 64, 1, 4, 6, early=2),
        down=Tile(64, 128, 2, 8, 4),
        head=Tile(64, 128),
    ),
}
"""For the rows of several sessions."""


def tiles_of(rows: int) -> Tiles:
    """Return the cut that was fastest on an H100 for a captured number of rows."""
    if rows in SHARED:
        return SHARED[rows]
    return WIDE if rows == WIDTHS[-1] else Tiles()


def width_bucket(width: int) -> int:
    """Return the captured width that holds a session's rows."""
    return next(bucket for bucket in WIDTHS if width <= bucket)


def rows_bucket(rows: int) -> int:
    """Return the captured number of rows that holds those of a pass."""
    return next(bucket for bucket in ROWS if rows <= bucket)


def span_bucket(extent: int) -> int:
    """Return the captured number of cache rows that a pass runs under."""
    bucket = SMALLEST_SPAN
    while bucket < extent:
        bucket *= 2
    return bucket


def power_of_two(number: int) -> int:
    """Return the smallest power of two that is not less."""
    return 1 << (number - 1).bit_length()

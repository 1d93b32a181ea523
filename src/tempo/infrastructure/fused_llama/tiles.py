"""How the work of one pass is cut into programs."""

from __future__ import annotations

from dataclasses import dataclass, field

WIDTHS = (1, 2, 4, 8, 16, 32)
"""Widths of captured passes; a narrower pass is filled up with rows that nobody reads."""

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
        prefetches: chunks of 64 KiB of the next matrix that each program brings to the cache.
    """

    columns: int
    depth: int
    splits: int = 1
    warps: int = 4
    stages: int = 4
    prefetches: int = 0


@dataclass(frozen=True, slots=True)
class Tiles:
    """The cut of every product and of attention.

    Attributes:
        splits: parts of the cache that attention is cut into at most.
        prefetchers: programs beside attention that bring the next matrix to the cache.
    """

    merged: Tile = field(default_factory=lambda: Tile(32, 128))
    output: Tile = field(default_factory=lambda: Tile(16, 256))
    gate_up: Tile = field(default_factory=lambda: Tile(32, 128))
    down: Tile = field(default_factory=lambda: Tile(16, 256))
    head: Tile = field(default_factory=lambda: Tile(64, 128))
    splits: int = 8
    attention_warps: int = 4
    prefetchers: int = 0


def width_bucket(width: int) -> int | None:
    """Return the captured width that a pass runs under, None if it is wider than all."""
    return next((bucket for bucket in WIDTHS if width <= bucket), None)


def span_bucket(extent: int) -> int:
    """Return the captured number of cache rows that a pass runs under."""
    bucket = SMALLEST_SPAN
    while bucket < extent:
        bucket *= 2
    return bucket


def power_of_two(number: int) -> int:
    """Return the smallest power of two that is not less."""
    return 1 << (number - 1).bit_length()

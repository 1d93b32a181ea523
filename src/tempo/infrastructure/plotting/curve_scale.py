"""The axis of thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

TOPS = tuple(float(f"{digit}e{power}") for power in range(-9, 1) for digit in (1, 2, 5))
"""Where an axis may end, so that its marks are round numbers."""


def top_of(values: Iterable[float]) -> float:
    """Return the least round number that no value, each in [0, 1], exceeds."""
    highest = max(values)
    return next((top for top in TOPS if top >= highest > 0.0), 1.0)

"""What two accounts of one run agree on, and where they differ."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SHOWN_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two accounts differ.

    Attributes:
        place: as in the document: `steps[3].candidates[1].score`.
        stored: what the document has there.
        found: what was found instead.
    """

    place: str
    stored: object
    found: object

    def __str__(self) -> str:
        return f"{self.place} is {_shown(self.stored)}, and {_shown(self.found)} was found"


@dataclass(frozen=True, slots=True)
class Agreement:
    """How one kind of value compares.

    Attributes:
        what: the kind: scores, weights, ...
        compared: how many values were compared.
        largest: the largest difference among numbers that count as equal.
        differences: where they are not equal, in the order of the document.
    """

    what: str
    compared: int
    largest: float = 0.0
    differences: tuple[Difference, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


Entry = tuple[str, object, object]
"""A place with what is stored and what was found there."""


def agreement(what: str, entries: Iterable[Entry], tolerance: float = 0.0) -> Agreement:
    """Compare values place by place; numbers may differ by `tolerance`."""
    tally = _Tally()
    for place, stored, found in entries:
        tally.compared += 1
        distance = _distance(stored, found)
        if distance <= tolerance:
            tally.largest = max(tally.largest, distance)
        else:
            tally.differences.append(Difference(place, stored, found))
    return Agreement(what, tally.compared, tally.largest, tuple(tally.differences))


@dataclass(slots=True)
class _Tally:
    compared: int = 0
    largest: float = 0.0
    differences: list[Difference] = field(default_factory=list)


def _distance(stored: object, found: object) -> float:
    """Return how far two values are apart; infinity for what no number tells."""
    one, other = _known(stored), _known(found)
    if one == other:
        return 0.0
    if isinstance(one, float) and isinstance(other, float) and math.isfinite(one - other):
        return abs(one - other)
    return math.inf


def _known(value: object) -> object:
    """Return a value, and None for NaN, which a document cannot hold."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _shown(value: object) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= SHOWN_LENGTH else f"{text[:SHOWN_LENGTH]}..."

"""What a study notes of one prompt: numbers by quantity, series and place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a number stands: what it is, of which series, at which place of the curve."""

    quantity: str
    series: str
    place: float


@dataclass(frozen=True, slots=True, eq=False)
class PromptFigures:
    """One prompt: its place among the study's, its text, its numbers (NaN where undefined)."""

    number: int
    prompt: str
    figures: dict[Cell, float]


KINDS = (PromptFigures, Cell)
"""What a journal of these findings is made of."""


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two series whose difference is tested at every place; `other` empty for the level alone.

    Attributes:
        one: a series.
        other: another, or nothing.
        level: what the difference would be by chance.
    """

    one: str
    other: str = ""
    level: float = 0.0

    @property
    def name(self) -> str:
        """What is held against what."""
        return f"{self.one} minus {self.other or f'{self.level:g}'}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that a study measures, and how it is shown.

    Attributes:
        name: in documents.
        title: in tables and figures.
        places: what the places are.
        form: of a mean in tables.
        level: what chance or no effect would give, drawn as a line; None for no line.
        logarithmic: whether it is drawn on a scale of powers of ten.
        contrasts: tested by random sign flips over the prompts, corrected together (Holm 1979).
    """

    name: str
    title: str
    places: str
    form: str = ".3f"
    level: float | None = None
    logarithmic: bool = False
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What a study shows.

    Attributes:
        name: of the study.
        quantities: one table and one panel each.
    """

    name: str
    quantities: tuple[Quantity, ...]


def require_counts(counts: Mapping[str, int]) -> None:
    """Refuse numbers below 1.

    Raises:
        InvalidValueError: naming the first.
    """
    for name, count in counts.items():
        if count < 1:
            message = f"{name} is {count}; it must be 1 or more"
            raise InvalidValueError(message)


def increasing(values: Iterable[int]) -> tuple[int, ...]:
    """Return whole numbers in order, each once."""
    return tuple(sorted(set(values)))

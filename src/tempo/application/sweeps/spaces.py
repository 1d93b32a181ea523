"""What a search may choose a setting's value from."""

from __future__ import annotations

from dataclasses import dataclass

from tempo.domain.errors import InvalidValueError


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some values.

    Attributes:
        values: two at least.
    """

    values: tuple[object, ...]

    def __post_init__(self) -> None:
        if len(self.values) < len(("this", "that")):
            message = "it has fewer than two values; give several, or set it under settings"
            raise InvalidValueError(message)

    @property
    def ends(self) -> tuple[object, ...]:
        """Values that show whether all of them can be used."""
        return self.values


@dataclass(frozen=True, slots=True)
class Interval:
    """A number from one to another, whole where both are.

    Attributes:
        low: the least.
        high: the most.
        log: whether small numbers are drawn as finely as large ones.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            message = f"it goes from {self.low:g} to {self.high:g}; low must be less than high"
            raise InvalidValueError(message)
        if self.log and self.low <= 0:
            message = f"its low is {self.low:g}; on a logarithmic scale it must be above 0"
            raise InvalidValueError(message)

    @property
    def whole(self) -> bool:
        """Whether it is one of whole numbers."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def ends(self) -> tuple[object, ...]:
        """Values that show whether all of them can be used."""
        return (self.low, self.high)


Space = Choice | Interval

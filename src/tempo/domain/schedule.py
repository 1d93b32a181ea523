"""Thresholds that move from the first step to the last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tempo.domain.errors import InvalidValueError


class Schedule(Protocol):
    """A threshold as a function of progress."""

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of step `step` (0-based) of a run of `max_steps` steps."""
        ...


def _progress(step: int, max_steps: int) -> float:
    """Return 0 at the first step and 1 at the last."""
    return min(1.0, step / (max_steps - 1)) if max_steps > 1 else 0.0


def require_unit(name: str, value: float) -> None:
    """Check that a value is in [0, 1].

    Raises:
        InvalidValueError: if it is not, naming the setting.
    """
    if not 0.0 <= value <= 1.0:
        message = f"{name} is {value}; it must be in [0, 1]"
        raise InvalidValueError(message)


@dataclass(frozen=True, slots=True)
class ConstantThreshold:
    """The same threshold at every step."""

    value: float

    def __post_init__(self) -> None:
        require_unit("selection_threshold", self.value)

    def at(self, step: int, max_steps: int) -> float:  # noqa: ARG002 - one signature for all
        """Return the threshold."""
        return self.value


@dataclass(frozen=True, slots=True)
class BezierThreshold:
    """A cubic Bernstein polynomial over (0, p1, p2, 1), from `first` to `final`.

    The curve is `first + (final - first) B(x; 0, p1, p2, 1)`, exact at both ends.
    """

    first: float
    final: float
    p1: float
    p2: float

    def __post_init__(self) -> None:
        require_unit("selection_threshold", self.first)
        require_unit("final_threshold", self.final)
        require_unit("bezier_p1", self.p1)
        require_unit("bezier_p2", self.p2)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        x = _progress(step, max_steps)
        rest = 1.0 - x
        bend = 3 * rest * rest * x * self.p1 + 3 * rest * x * x * self.p2 + x**3
        return (1.0 - bend) * self.first + bend * self.final


@dataclass(frozen=True, slots=True)
class ReluThreshold:
    """`first` until `activation` (a share of the run), then straight to `final`."""

    first: float
    final: float
    activation: float

    def __post_init__(self) -> None:
        require_unit("selection_threshold", self.first)
        require_unit("final_threshold", self.final)
        require_unit("relu_activation_point", self.activation)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        x = _progress(step, max_steps)
        if x <= self.activation:
            return self.first if x < 1.0 else self.final
        share = (x - self.activation) / (1.0 - self.activation)
        return (1.0 - share) * self.first + share * self.final

"""Thresholds that move from the first step to the last.

Each is exactly its first value at the first step and exactly its final one at the last, whichever
of the two is larger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from tempo.domain.errors import InvalidValueError

SELECTION = "selection_threshold"
FINAL = "final_threshold"


class Schedule(Protocol):
    """A threshold as a function of progress."""

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of step `step` (0-based) of a run of `max_steps` steps."""
        ...


def require_unit(name: str, value: float) -> None:
    """Check that a value is in [0, 1].

    Raises:
        InvalidValueError: if it is not, naming the setting.
    """
    if not 0.0 <= value <= 1.0:
        message = f"{name} is {value}; it must be in [0, 1]"
        raise InvalidValueError(message)


def _progress(step: int, max_steps: int) -> float:
    """Return 0 at the first step and 1 at the last."""
    return min(1.0, step / (max_steps - 1)) if max_steps > 1 else 0.0


def _bernstein(x: float, first: float, p1: float, p2: float, final: float) -> float:
    """Return the cubic Bernstein polynomial B(x; first, p1, p2, final) for x in [0, 1]."""
    rest = 1.0 - x
    value = rest**3 * first + 3 * rest * rest * x * p1 + 3 * rest * x * x * p2 + x**3 * final
    return _within(value, first, p1, p2, final)


def _between(first: float, final: float, share: float) -> float:
    """Return the value at a share, in [0, 1], of the way from `first` to `final`."""
    return _within((1.0 - share) * first + share * final, first, final)


def _within(value: float, *points: float) -> float:
    """Return a mean of points, which rounding must not carry beyond them."""
    return min(max(points), max(min(points), value))


@dataclass(frozen=True, slots=True)
class ConstantThreshold:
    """The same threshold at every step.

    Attributes:
        value: in [0, 1].
        name: the setting that it is the value of, for messages; as in every schedule.
    """

    value: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.value)

    def at(self, step: int, max_steps: int) -> float:  # noqa: ARG002 - one signature for all
        """Return the threshold."""
        return self.value


@dataclass(frozen=True, slots=True)
class LinearThreshold:
    """A straight line from `first` to `final`, both in [0, 1]."""

    first: float
    final: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.first)
        require_unit(FINAL, self.final)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        return _between(self.first, self.final, _progress(step, max_steps))


@dataclass(frozen=True, slots=True)
class BezierThreshold:
    """A curve from `first` to `final` whose bend is a cubic Bernstein polynomial.

    The threshold is `first + (final - first) B(x; 0, p1, p2, 1)`: the inner points are shares of
    the way, so that the same two bend every curve alike.

    Examples:
        >>> curve = BezierThreshold(first=0.05, final=0.4, p1=0.2, p2=0.8)
        >>> [round(curve.at(step, 5), 3) for step in range(5)]
        [0.05, 0.124, 0.225, 0.326, 0.4]
    """

    first: float
    final: float
    p1: float
    p2: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.first)
        require_unit(FINAL, self.final)
        require_unit("bezier_p1", self.p1)
        require_unit("bezier_p2", self.p2)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        share = _bernstein(_progress(step, max_steps), 0.0, self.p1, self.p2, 1.0)
        return _between(self.first, self.final, share)


@dataclass(frozen=True, slots=True)
class AbsoluteBezierThreshold:
    """The cubic Bernstein polynomial `B(x; first, p1, p2, final)` itself.

    The inner points are thresholds, so that the curve may rise above both ends, or fall below them.
    """

    first: float
    final: float
    p1: float
    p2: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.first)
        require_unit(FINAL, self.final)
        require_unit("bezier_p1", self.p1)
        require_unit("bezier_p2", self.p2)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        return _bernstein(_progress(step, max_steps), self.first, self.p1, self.p2, self.final)


@dataclass(frozen=True, slots=True)
class ReluThreshold:
    """`first` until `activation` (a share of the run), then straight to `final`."""

    first: float
    final: float
    activation: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.first)
        require_unit(FINAL, self.final)
        require_unit("relu_activation_point", self.activation)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        x = _progress(step, max_steps)
        if x <= self.activation:
            return self.first if x < 1.0 else self.final
        return _between(self.first, self.final, (x - self.activation) / (1.0 - self.activation))


@dataclass(frozen=True, slots=True)
class LciThreshold:
    """From `first` to `final` in the shape of losslessness, compression and invariance.

    Losslessness `max(0, 1 - x)` lowers the threshold, invariance `min(1, 2 x)` and compression
    `min(1/2, x)` raise it: two straight lines, six sevenths of the way until the middle of the run
    and the last seventh after it. As a formula of thresholds it had its own two ends, the first of
    them below 0; only its shape is kept, moved and scaled to start at `first` and end at `final`.
    """

    first: float
    final: float
    name: str = field(default=SELECTION, kw_only=True, repr=False, compare=False)

    def __post_init__(self) -> None:
        require_unit(self.name, self.first)
        require_unit(FINAL, self.final)

    def at(self, step: int, max_steps: int) -> float:
        """Return the threshold of a step."""
        start, end = _pull(0.0), _pull(1.0)
        share = (_pull(_progress(step, max_steps)) - start) / (end - start)
        return _between(self.first, self.final, share)


def _pull(x: float) -> float:
    """Return what invariance, losslessness and compression together make of progress."""
    invariance, losslessness, compression = min(1.0, 2 * x), max(0.0, 1.0 - x), min(0.5, x)
    return 0.1 * invariance - 0.05 * losslessness + 0.05 * compression

"""A threshold over the steps of a run, to look at before the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.application.settings.threshold_curves import (
    curve_is_on,
    inner_points,
    moved_setting,
    schedule_of,
    shape_of,
)
from tempo.domain.errors import ContradictionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.application.settings.settings import Settings
    from tempo.domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class ThresholdPreview:
    """How a threshold goes from the first step to the last.

    Attributes:
        setting: the threshold's name.
        shape: the curve with what bends it, `constant` where none moves the threshold.
        schedule: the threshold as a function of progress.
        steps: how many steps the run has, at least 1.
    """

    setting: str
    shape: str
    schedule: Schedule
    steps: int

    def values(self) -> Iterator[float]:
        """Yield the threshold of every step."""
        return (self.schedule.at(step, self.steps) for step in range(self.steps))

    def points(self, most: int) -> list[tuple[int, float]]:
        """Return at most so many (step, threshold), evenly spread, with both ends; `most` >= 2."""
        last, gaps = self.steps - 1, min(self.steps, most) - 1
        chosen = [round(index * last / gaps) for index in range(gaps + 1)] if gaps else [0]
        return [(step, self.schedule.at(step, self.steps)) for step in chosen]

    @property
    def sentence(self) -> str:
        """What moves, from where to where."""
        first, final = (self.schedule.at(step, self.steps) for step in (0, self.steps - 1))
        if self.shape == "constant":
            return f"{self.setting} is {first:g} at every step"
        ends = f"from {first:g} at step 0 to {final:g} at step {self.steps - 1}"
        return f"{self.setting} goes {ends}: {self.shape}"


def preview_of(settings: Settings) -> ThresholdPreview:
    """Return the threshold that settings move, or selection's or another where none moves.

    Raises:
        ContradictionError: for plain greedy decoding, which asks no threshold.
        InvalidValueError: for a threshold or a point of the curve outside its range.
    """
    if settings.default_mode:
        message = "default_mode keeps the most probable token whatever the threshold; leave it out"
        raise ContradictionError(message)
    setting = moved_setting(settings)
    shape = _told(settings) if curve_is_on(settings) else "constant"
    return ThresholdPreview(setting, shape, schedule_of(settings, setting), settings.max_steps)


def _told(settings: Settings) -> str:
    """Return the curve's shape with what bends it."""
    shape = shape_of(settings)
    match shape:
        case "bezier" | "bezier_absolute":
            p1, p2 = inner_points(settings)
            return f"{shape} {p1:g}, {p2:g}"
        case "relu":
            return f"{shape} {settings.relu_activation_point:g}"
        case _:
            return shape

"""Which threshold moves over the run, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.application.settings.settings import ATTENTION_RULE, OFF
from tempo.domain.schedule import (
    SELECTION,
    AbsoluteBezierThreshold,
    BezierThreshold,
    ConstantThreshold,
    LciThreshold,
    LinearThreshold,
    ReluThreshold,
)

if TYPE_CHECKING:
    from tempo.application.settings.settings import Settings
    from tempo.domain.schedule import Schedule

CURVE = (
    "final_threshold",
    "threshold_curve",
    "threshold_preset",
    "bezier_p1",
    "bezier_p2",
    "relu_activation_point",
    "dynamic_target",
)
"""Naming one of these switches the threshold's curve on, and so does `use_relu` when it is on."""

BENDS = (*CURVE, "use_relu", "dynamic_threshold")
"""All that makes a threshold move."""

POINTS: dict[str, tuple[float, float]] = {
    "slow-start": (0.2, 0.8),
    "fast-start": (0.8, 0.2),
    "s-curve": (0.2, 0.2),
}
"""The inner points of the presets that bend."""


def curve_is_on(settings: Settings) -> bool:
    """Whether a threshold moves."""
    named = any(map(settings.departs, CURVE))
    return settings.dynamic_threshold or settings.use_relu or named


def shape_of(settings: Settings) -> str:
    """Return the way from the first threshold to the final one."""
    if settings.use_relu:
        return "relu"
    if settings.threshold_preset == "linear":
        return "linear"
    return settings.threshold_curve


def moved_setting(settings: Settings) -> str:
    """Return the threshold that the curve moves where it is on."""
    rule = settings.retroactive_rule
    match settings.dynamic_target:
        case "coherence":
            return "coherence_threshold"
        case "auto" | "retroactive" if rule != OFF:
            return "attention_threshold" if rule == ATTENTION_RULE else "posterior_floor"
        case _:
            return SELECTION


def schedule_of(settings: Settings, name: str) -> Schedule:
    """Return how one of the thresholds goes over the run; constant where the curve moves none.

    Raises:
        InvalidValueError: for a threshold or a point of the curve outside its range.
    """
    first, final = getattr(settings, name), settings.final_threshold
    if not _moves(settings, name):
        return ConstantThreshold(first, name=name)
    p1, p2 = inner_points(settings)
    match shape_of(settings):
        case "linear":
            return LinearThreshold(first, final, name=name)
        case "relu":
            return ReluThreshold(first, final, settings.relu_activation_point, name=name)
        case "lci":
            return LciThreshold(first, final, name=name)
        case "bezier_absolute":
            return AbsoluteBezierThreshold(first, final, p1, p2, name=name)
        case _:
            return BezierThreshold(first, final, p1, p2, name=name)


def inner_points(settings: Settings) -> tuple[float, float]:
    """Return the two points that bend the curve."""
    chosen = settings.bezier_p1, settings.bezier_p2
    return POINTS.get(settings.threshold_preset or "", chosen)


def highest(settings: Settings, name: str) -> float:
    """Return what one of the thresholds never exceeds."""
    first: float = getattr(settings, name)
    if not _moves(settings, name):
        return first
    points = inner_points(settings) if shape_of(settings) == "bezier_absolute" else ()
    return max(first, settings.final_threshold, *points)


def _moves(settings: Settings, name: str) -> bool:
    moved = curve_is_on(settings) and moved_setting(settings) == name
    return moved and shape_of(settings) != "constant"

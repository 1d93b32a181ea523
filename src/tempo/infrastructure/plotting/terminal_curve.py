"""A threshold over the run in a terminal, drawn with braille dots."""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotille

from tempo.infrastructure.plotting.curve_scale import top_of

if TYPE_CHECKING:
    from tempo.application.settings.threshold_preview import ThresholdPreview

BESIDE = 24
"""Columns that the axes and their labels take."""

NARROWEST, WIDEST = 20, 100
HEIGHT = 10
ACROSS, UP = 2, 4
"""Dots in a cell."""


def draw_curve(preview: ThresholdPreview, columns: int) -> str:
    """Return lines for a terminal that has so many columns; 0 is at the bottom."""
    width = max(NARROWEST, min(WIDEST, columns - BESIDE))
    steps, values = zip(*preview.points(ACROSS * width), strict=True)
    if len(steps) == 1:
        steps, values = (0, 1), values * 2
    right, up = _stretch(ACROSS * width), _stretch(UP * HEIGHT)
    figure = plotille.Figure()
    figure.width, figure.height = width, HEIGHT
    figure.with_colors, figure.origin = False, False
    figure.set_x_limits(0, steps[-1] * right)
    figure.set_y_limits(0, top_of(values) * up)
    figure.x_label, figure.y_label = "step", "threshold"
    figure.x_ticks_fkt = lambda low, _: f"{low / right:.1f}".removesuffix(".0")
    figure.y_ticks_fkt = lambda low, _: f"{low / up:.3g}"
    figure.plot(steps, values)
    lines = [preview.sentence, "", *figure.show().splitlines()]
    return "\n".join(line.rstrip(" \u2800") for line in lines) + "\n"


def _stretch(dots: int) -> float:
    """Return how much longer an axis has to be for its end to fall on its last dot.

    plotille rounds to the dot above, and leaves out what would lie on the one after the last.
    """
    return dots / (dots - 0.6)

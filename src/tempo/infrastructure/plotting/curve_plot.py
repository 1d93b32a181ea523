"""A threshold over the run as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError
from tempo.infrastructure.plotting.curve_scale import top_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from tempo.application.settings.threshold_preview import ThresholdPreview

COLOUR = "#0072b2"
MOST = 1000
MARKED = 40
"""Up to so many steps each has its mark."""


def plot_curve(preview: ThresholdPreview) -> Figure:
    """Draw the threshold of each step, 0 at the bottom.

    Raises:
        InvalidValueError: if matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure  # noqa: PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    steps, values = zip(*preview.points(MOST), strict=True)
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    marker = "o" if len(steps) <= MARKED else ""
    axes.plot(steps, values, color=COLOUR, marker=marker, markersize=3, clip_on=False)
    axes.set_ylim(0.0, top_of(values))
    axes.set_xlim(0, max(1, preview.steps - 1))
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel("step")
    axes.set_ylabel(preview.setting)
    axes.set_title(preview.sentence, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#dddddd", linewidth=0.6)
    return figure

"""The figures of a result that a search can go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

MAXIMIZE, MINIMIZE = "maximize", "minimize"

FIGURES: Mapping[str, str] = {
    "mean_log_probability": MAXIMIZE,
    "log_probability": MAXIMIZE,
    "finished_mass": MAXIMIZE,
    "mean_width": MINIMIZE,
    "steps": MINIMIZE,
    "rows_a_step": MINIMIZE,
    "passes": MINIMIZE,
    "token_rows": MINIMIZE,
    "cache_rows": MINIMIZE,
    "peak_cache_rows": MINIMIZE,
    "released_rows": MAXIMIZE,
}
"""By name, in which direction a figure is better, other things being equal."""


def figure_of(row: Mapping[str, Any], name: str) -> float:
    """Return a figure of a result; what a run cost has a place of its own there."""
    return float(row[name] if name in row else row["cost"][name])

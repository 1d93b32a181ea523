"""A figure inside a page: nothing is fetched for it."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing as a data URI, and what it shows in words."""

    source: str
    words: str


def picture(figure: Figure, words: str) -> Picture:
    """Return a figure as SVG in a data URI; the same figure, the same text."""
    import matplotlib as mpl  # noqa: PLC0415 - optional

    drawn = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "tempo"}):
        figure.savefig(drawn, format="svg", metadata={"Date": None})
    coded = base64.b64encode(drawn.getvalue()).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{coded}", words)

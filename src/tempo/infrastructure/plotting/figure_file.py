"""Figures in files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.storage.lattice_file import require_place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("pdf", "png", "svg")


def require_figure(path: str | Path) -> None:
    """Refuse a figure that could not be written, before the work that it is for.

    Raises:
        InvalidValueError: for a format that is not known, or if matplotlib is not installed.
        OutputError: if its folder is not there or the file may not be written.
    """
    if Path(path).suffix.removeprefix(".").lower() not in FORMATS:
        message = f"the plot {str(path)!r} must end in one of {', '.join(FORMATS)}"
        raise InvalidValueError(message)
    try:
        import matplotlib.figure  # noqa: F401, PLC0415 - optional
    except ImportError:
        message = "plots need matplotlib: pip install 'tempo-decoding[plot]'"
        raise InvalidValueError(message) from None
    require_place(path)


def save_figure(figure: Figure, path: str | Path) -> None:
    """Write a figure in the format that the file's name ends in; the same figure, the same bytes.

    Raises:
        OutputError: if the file cannot be written.
    """
    import matplotlib as mpl  # noqa: PLC0415 - optional

    target = Path(path).expanduser()
    undated = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
    kind = target.suffix.removeprefix(".").lower()
    try:
        with mpl.rc_context({"svg.hashsalt": "tempo"}):
            figure.savefig(target, dpi=200, metadata=undated.get(kind))
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror or error}; choose another place"
        raise OutputError(message) from error

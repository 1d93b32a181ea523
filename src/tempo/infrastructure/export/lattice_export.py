"""Lattices written for other tools, by the name of a format or the suffix of a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tempo.domain.lattice import Lattice

SUFFIXES = {
    ".dot": "dot",
    ".gv": "dot",
    ".slf": "slf",
    ".lat": "slf",
    ".csv": "csv",
    ".graphml": "graphml",
}
"""The format that a file's suffix means."""

FORMATS = tuple(dict.fromkeys(SUFFIXES.values()))


class LatticeExport:
    """Writes lattices as text of several formats."""

    def __init__(
        self,
        writers: Mapping[str, Callable[[Lattice, Sequence[int]], str]],
        save: Callable[[str, str | Path], None],
    ) -> None:
        """Take a writer for each format, of a lattice and its best path, and what saves a file."""
        self._writers = writers
        self._save = save

    def text(self, lattice: Lattice, format: str, best: Sequence[int] = ()) -> str:  # noqa: A002 - the users' word
        """Return a lattice in a format.

        Raises:
            InvalidValueError: for a format that is not known.
        """
        return self._writer(format)(lattice, best)

    def save(
        self,
        lattice: Lattice,
        path: str | Path,
        format: str | None = None,  # noqa: A002 - the users' word
        best: Sequence[int] = (),
    ) -> None:
        """Write a lattice to a file, in the format that its suffix means unless one is named.

        Raises:
            InvalidValueError: for a format or a suffix that is not known.
            OutputError: if the file cannot be written.
        """
        chosen = format_of(path) if format is None else format
        self._save(self.text(lattice, chosen, best), path)

    def _writer(self, format: str) -> Callable[[Lattice, Sequence[int]], str]:  # noqa: A002 - as above
        if format not in self._writers:
            message = f"format is {format!r}; choose one of {', '.join(self._writers)}"
            raise InvalidValueError(message)
        return self._writers[format]


def format_of(path: str | Path) -> str:
    """Return the format that a file's suffix means.

    Raises:
        InvalidValueError: for a suffix that means none.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        message = (
            f"the suffix of {str(path)!r} names no format; end it in one of {', '.join(SUFFIXES)}, "
            f"or name one of {', '.join(FORMATS)}"
        )
        raise InvalidValueError(message)
    return SUFFIXES[suffix]

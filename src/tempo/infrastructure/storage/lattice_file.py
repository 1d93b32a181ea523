"""Lattice documents in files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tempo.domain.lattice import Lattice


class LatticeFile:
    """Saves lattices as JSON and opens them again."""

    def __init__(
        self,
        write: Callable[[Lattice], Mapping[str, Any]],
        read: Callable[[Mapping[str, Any]], Lattice],
    ) -> None:
        """Take the two halves of the document format."""
        self.document = write
        self._read = read

    def save(self, lattice: Lattice, path: str | Path) -> None:
        """Write a lattice; an older file stays whole if writing fails.

        Raises:
            OutputError: if the file cannot be written.
        """
        save_text(json.dumps(self.document(lattice)), path)

    def open(self, path: str | Path) -> Lattice:
        """Read a lattice.

        Raises:
            OutputError: if the file cannot be read.
            InvalidValueError: if it holds no lattice document.
        """
        try:
            data = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            message = f"{path} cannot be read as a lattice: {error}"
            raise OutputError(message) from error
        return self._read(data)


def save_text(text: str, path: str | Path) -> None:
    """Write a text file by way of a neighbour, so that a failure leaves no half of it.

    Raises:
        OutputError: if the file cannot be written, naming it and why.
    """
    target = Path(path).expanduser()
    beside = target.with_name(f"{target.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True) if beside.parent.is_dir() else None
        reason = error.strerror or str(error)
        message = f"{target} cannot be written: {reason}; choose another place"
        raise OutputError(message) from error

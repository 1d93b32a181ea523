"""Lattice documents in files."""

from __future__ import annotations

import json
import os
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
        read: Callable[[object], Lattice],
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
            data = json.loads(Path(path).expanduser().read_text(encoding="utf-8"))
        except (OSError, ValueError, RuntimeError) as error:
            message = f"{path} cannot be read as a lattice: {error}"
            raise OutputError(message) from error
        return self._read(data)


def require_place(path: str | Path) -> None:
    """Refuse a file that could not be written, before the work that it is for.

    Raises:
        OutputError: if its folder is not there or the file may not be written.
    """
    target = _target(path)
    if not target.parent.is_dir():
        message = f"{path} cannot be written: there is no folder {target.parent}"
        raise OutputError(message)
    if target.is_dir() or not os.access(target if target.exists() else target.parent, os.W_OK):
        message = f"{path} cannot be written: it is a folder, or not yours to write"
        raise OutputError(message)


def _target(path: str | Path) -> Path:
    if not str(path):
        message = "'' cannot be written: the file has no name; choose another place"
        raise OutputError(message)
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        message = f"{path} cannot be written: {error}; choose another place"
        raise OutputError(message) from error


def save_text(text: str, path: str | Path) -> None:
    """Write a text file by way of a neighbour, so that a failure leaves no half of it.

    Raises:
        OutputError: if the file cannot be written, naming it and why.
    """
    target = _target(path)
    try:
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")  # a device, a pipe
        else:
            _replace(target, text)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path} cannot be written: {reason}; choose another place"
        raise OutputError(message) from error


def _replace(target: Path, text: str) -> None:
    beside = target.with_name(f"{target.name}.part")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(target)
    except OSError:
        if beside.parent.is_dir():
            beside.unlink(missing_ok=True)
        raise

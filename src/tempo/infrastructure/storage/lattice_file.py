"""Lattice documents in files."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import DocumentError, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import BinaryIO

    from tempo.application.records.record import RunRecord

STANDARD_INPUT = "-"

LARGEST_FILE = 128 * 2**20
"""Bytes of a document at most: 10,000 steps of a usual width, 700 of the largest."""


class LatticeFile:
    """Saves records as JSON and opens them again."""

    def __init__(
        self,
        write: Callable[[RunRecord], Mapping[str, Any]],
        read: Callable[[bytes], RunRecord],
    ) -> None:
        """Take the two halves of the document format."""
        self.document = write
        self._read = read

    def save(self, record: RunRecord, path: str | Path) -> None:
        """Write a record; an older file stays whole if writing fails.

        Raises:
            OutputError: if the file cannot be written, or would be too large to be opened again.
        """
        text = json.dumps(self.document(record), allow_nan=False)
        if len(text) > LARGEST_FILE:
            message = (
                f"{path} would hold {_megabytes(len(text))}, and at most "
                f"{_megabytes(LARGEST_FILE)} can be opened again; "
                "decode fewer steps, or lower max_width and considered"
            )
            raise OutputError(message)
        save_text(text, path)

    def open(self, path: str | Path) -> RunRecord:
        """Read a record; the path `-` is standard input.

        Raises:
            OutputError: if the file cannot be read or is too large.
            DocumentError: if it holds no lattice document, naming the place that is wrong.
        """
        content = _content(path)
        if len(content) > LARGEST_FILE:
            raise _too_large(path, f"more than {_megabytes(LARGEST_FILE)}")
        try:
            return self._read(content)
        except DocumentError as error:
            message = f"{path}: {error}"
            raise DocumentError(message) from None


def _content(path: str | Path) -> bytes:
    """Return a file's bytes; of one that is too large, no more than shows it."""
    try:
        if str(path) == STANDARD_INPUT:
            return sys.stdin.buffer.read(LARGEST_FILE + 1)
        with Path(path).expanduser().open("rb") as file:
            return _bounded(file, path)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, OutputError):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{path} cannot be read as a lattice: {reason}"
        raise OutputError(message) from error


def _bounded(file: BinaryIO, path: str | Path) -> bytes:
    size = os.fstat(file.fileno()).st_size
    if size > LARGEST_FILE:
        raise _too_large(path, _megabytes(size))
    return file.read(LARGEST_FILE + 1)  # a pipe or a device has no size


def _too_large(path: str | Path, size: str) -> OutputError:
    return OutputError(
        f"{path} cannot be read as a lattice: it holds {size}, "
        f"and a lattice document at most {_megabytes(LARGEST_FILE)}"
    )


def _megabytes(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"


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

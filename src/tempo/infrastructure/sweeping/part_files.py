"""Parquet parts: written whole or not at all, and known again by their digest."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tempo.domain.errors import OutputError
from tempo.infrastructure.sweeping.columns import schema
from tempo.infrastructure.sweeping.installed import require_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part, as the manifest holds it.

    Attributes:
        file: its name in the folder.
        rows: how many results it holds.
        sha256: of its bytes.
    """

    file: str
    rows: int
    sha256: str

    def as_plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def written(folder: Path, number: int, rows: Sequence[Mapping[str, Any]]) -> PartFile:
    """Write a part beside its place, and put it there whole.

    Raises:
        OutputError: if it cannot be written.
    """
    pa = require_tables()
    name = f"part-{number:05}.parquet"
    place, beside = folder / name, folder / f"{name}.part"
    try:
        pa.parquet.write_table(pa.Table.from_pylist(list(rows), schema=schema()), beside)
        with beside.open("rb") as file:
            os.fsync(file.fileno())
        beside.replace(place)
    except OSError as error:
        beside.unlink(missing_ok=True)
        message = f"{place} cannot be written: {error.strerror or error}; make room, then go on"
        raise OutputError(message) from error
    return PartFile(name, len(rows), digest_of(place))


def digest_of(place: Path) -> str:
    """Return the digest of a file's bytes."""
    found = hashlib.sha256()
    with place.open("rb") as file:
        while chunk := file.read(CHUNK):
            found.update(chunk)
    return found.hexdigest()


def require_whole(folder: Path, part: PartFile) -> None:
    """Refuse a part that is not what the manifest says.

    Raises:
        OutputError: naming it.
    """
    place = folder / part.file
    try:
        found = digest_of(place)
    except OSError as error:
        message = f"{place} cannot be read: {error.strerror or error}; put it back to go on"
        raise OutputError(message) from error
    if found != part.sha256:
        message = (
            f"{place} is not what manifest.json says (another sha256); put it back, or name "
            "another folder by --output-dir"
        )
        raise OutputError(message)


def column(folder: Path, part: PartFile, name: str) -> list[Any]:
    """Return one column of a part; a field of a struct by `struct.field`."""
    pa = require_tables()
    table = pa.parquet.read_table(folder / part.file, columns=[name])
    found = table.flatten() if "." in name else table
    values: list[Any] = found.column(0).to_pylist()
    return values

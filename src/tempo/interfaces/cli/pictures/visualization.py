"""`--save-visualization`: the pictures of the run that just ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tempo.application.records.record import record_of
from tempo.application.records.run_view import RunView
from tempo.infrastructure.documents import Gallery
from tempo.interfaces.cli.named_places import require_named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tempo.interfaces.python.lattice import Lattice

NAME = "run"


@dataclass(frozen=True, slots=True)
class Visualization:
    """A folder for the pictures and the page of one run.

    Raises:
        InvalidValueError: if what draws is not installed.
        OutputError: if the folder cannot be made; before the run that it is for.
    """

    folder: str

    def __post_init__(self) -> None:
        require_named("--save-visualization", self.folder)
        self._gallery()

    def _gallery(self) -> Gallery:
        return Gallery(Path(self.folder), formats=("png", "html"))

    def save(self, lattice: Lattice) -> Iterator[str]:
        """Draw a run; yield what was not drawn and why, and where the files are.

        Raises:
            OutputError: if a file cannot be written.
        """
        if not lattice.steps:
            yield "no picture is drawn: the run has no step"
            return
        record = record_of(lattice, lattice.best, lattice.provenance)
        found = list(self._gallery().hang([RunView(NAME, record)]))
        yield from (one.note for one in found if one.note)
        count = sum(len(one.paths) for one in found)
        yield f"{count} pictures and pages are in {self.folder}"

"""A folder of pictures and pages of kept runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tempo.domain.errors import InvalidValueError, OutputError
from tempo.infrastructure.plotting.figure_file import FORMATS, require_figure, save_figure
from tempo.infrastructure.plotting.runs.compared_plot import require_comparable
from tempo.infrastructure.plotting.runs.kinds import Kind
from tempo.infrastructure.plotting.runs.run_page import require_run_page, run_page
from tempo.infrastructure.plotting.runs.run_pictures import draw_compared, draw_run
from tempo.infrastructure.storage.lattice_file import save_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tempo.application.records.run_view import RunView
    from tempo.infrastructure.plotting.runs.kinds import Drawing

PAGE = "html"


@dataclass(frozen=True, slots=True)
class Hanging:
    """What one drawing left.

    Attributes:
        paths: the files that were written.
        note: what was not drawn, and why; may be empty.
    """

    paths: tuple[Path, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Gallery:
    """A folder, and what is to hang in it.

    Attributes:
        folder: made if it is not there.
        kinds: the pictures, in order.
        formats: of files: png, svg or pdf for the pictures; `html` for a page of each run too.

    Raises:
        InvalidValueError: for a format that is not known, or if what draws is not installed.
        OutputError: if the folder cannot be made or written to.
    """

    folder: Path
    kinds: tuple[Kind, ...] = tuple(Kind)
    formats: tuple[str, ...] = ("png",)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", self.folder.expanduser())
        for one in self.formats:
            if one not in {PAGE, *FORMATS}:
                message = f"format is {one!r}; choose one of {', '.join(FORMATS)}"
                raise InvalidValueError(message)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{self.folder} cannot be made: {error.strerror or error}; choose another"
            raise OutputError(message) from error
        if PAGE in self.formats:
            require_run_page()
        require_figure(self.folder / "run.png")

    def hang(self, views: Sequence[RunView]) -> Iterator[Hanging]:
        """Draw runs, and yield what was written, drawing by drawing; the same runs, the same bytes.

        Of several runs, what compares them is one picture; all else is drawn run by run.

        Raises:
            InvalidValueError: for more runs than a picture tells apart.
            OutputError: if a file cannot be written.
        """
        several = len(views) > 1
        if several and any(kind.compares for kind in self.kinds) and self._suffixes:
            require_comparable(len(views))
        for kind in self.kinds if self._suffixes else ():
            if several and kind.compares:
                yield self._save(draw_compared(views, kind))
                continue
            for view in views:
                yield self._save(draw_run(view, kind))
        for view in views if PAGE in self.formats else ():
            text, note = run_page(view)
            target = self.folder / f"{view.name}.{PAGE}"
            save_text(text, target)
            yield Hanging((target,), note)

    @property
    def _suffixes(self) -> tuple[str, ...]:
        return tuple(one for one in self.formats if one != PAGE)

    def _save(self, drawing: Drawing) -> Hanging:
        paths = []
        for sheet in drawing.sheets:
            for suffix in self._suffixes:
                target = self.folder / f"{sheet.name}.{suffix}"
                save_figure(sheet.figure, target)
                paths.append(target)
        return Hanging(tuple(paths), drawing.note)

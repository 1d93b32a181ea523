"""The folder of a study: what it goes on from, and what it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tempo.domain.errors import OutputError
from tempo.infrastructure.documents import require_figure, save_figure, save_text, study_journal
from tempo.interfaces.cli.named_places import require_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure

    from tempo.application.studies.keeping import Kept
    from tempo.application.studies.parts import Part
    from tempo.interfaces.python.engine import Engine

OutputDir = Annotated[
    str | None,
    typer.Option(
        help="Keep a journal to go on from, tables, numbers and figures in this folder.",
        rich_help_panel="Output",
    ),
]


@dataclass(frozen=True, slots=True)
class KeptWhere:
    """Where outcomes are kept, and which of the prompts are decoded here."""

    folder: str | None
    part: Part


class StudyFolder:
    """Keeps a study's findings as they come, and its report at the end; nothing without a folder.

    Attributes:
        path: the folder, if there is one.
    """

    def __init__(self, folder: str | None, name: str) -> None:
        """Keep in a folder, in files of this name.

        Raises:
            InvalidValueError: if figures cannot be drawn here.
            OutputError: if the folder cannot be made.
        """
        require_named("--output-dir", folder)
        self.path = None if folder is None else Path(folder).expanduser()
        self._name = name
        if self.path is None:
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = f"{folder} cannot be made: {error.strerror or error}; choose another folder"
            raise OutputError(message) from error
        require_figure(self._file(".png"))

    def kept(
        self, facts: Mapping[str, object], engine: Engine, kinds: tuple[type, ...]
    ) -> Kept[Any] | None:
        """Return what findings are kept in: the folder's journal, nothing without a folder.

        Args:
            facts: what decides a study's numbers, the command among it.
            engine: its model.
            kinds: the dataclasses that the findings of one item are made of.

        Raises:
            OutputError: if the folder holds another study, or cannot be written.
        """
        if self.path is None:
            return None
        identity = engine.identity
        deciding = {
            **facts,
            "model": identity.fingerprint,
            "tokenizer": identity.tokenizer_fingerprint,
        }
        return study_journal(self.path, deciding, kinds)

    def save(
        self,
        text: str,
        document: Mapping[str, object],
        figures: Mapping[str, Callable[[], Figure]],
    ) -> None:
        """Write the report, if there is a folder.

        Args:
            text: its tables.
            document: its numbers.
            figures: what draws them, by what their names add to the study's; an empty text adds
                nothing.

        Raises:
            OutputError: if a file cannot be written.
        """
        if self.path is None:
            return
        save_text(text, self._file(".txt"))
        save_text(json.dumps(document) + "\n", self._file(".json"))
        for added, drawn in figures.items():
            save_figure(drawn(), self._file(f"-{added}.png" if added else ".png"))

    def _file(self, ending: str) -> str:
        return str((self.path or Path()) / f"{self._name}{ending}")

"""What a study found of each item, in its folder's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tempo.infrastructure.storage.journal import Journal, LineForm
from tempo.infrastructure.storage.plain_values import PlainValues

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tempo.application.studies.keeping import Kept

NAME = "found.jsonl"


def study_journal(
    folder: str | Path, settings: Mapping[str, Any], kinds: tuple[type, ...]
) -> Kept[Any]:
    """Return a folder's journal: a study under the same settings goes on with what it holds.

    Args:
        folder: made if it is not there.
        settings: what decides the findings.
        kinds: the dataclasses that findings are made of.

    Raises:
        OutputError: if the folder cannot be written, or holds a study under other settings.
    """
    values = PlainValues(*kinds)

    def line(number: int, found: object) -> dict[str, Any]:
        return {"number": number, "found": values.plain(found)}

    def read(plain: Mapping[str, Any]) -> tuple[int, Any]:
        return plain["number"], values.value(plain["found"])

    path = Path(folder) / NAME
    settings = {"format": "tempo study journal", **settings}
    return Journal(path, settings, LineForm(line, read, "study"))
